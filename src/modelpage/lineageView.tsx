import { PathExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import React from 'react';
import type { Lineage, LineageNode } from '../api/types';
import { CommandIDs } from '../commands';
import { formatValue } from '../format';
import { useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import { ProblemNotice } from '../panel/notice';
import {
  type IPlacedEdge,
  type IPlacedNode,
  layOut,
  NODE_HEIGHT,
  NODE_WIDTH
} from './lineage';
import { Awaited } from './versionChoice';
import type { IPageProps } from './pageProps';

/** Where a version comes from, as a graph; what is chosen in it is told below, and can be opened. */
export function LineageView(props: IPageProps): JSX.Element {
  const { value, problem, isLoading } = props.model.lineage;
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      {!value && <Awaited isLoading={isLoading} />}
      {value && <Graph lineage={value} commands={props.commands} />}
    </>
  );
}

function Graph(props: {
  lineage: Lineage;
  commands: CommandRegistry;
}): JSX.Element {
  const { lineage, commands } = props;
  const trans = useTrans();
  const [chosen, setChosen] = React.useState<string | null>(null);
  const layout = React.useMemo(() => layOut(lineage), [lineage]);
  const node = lineage.nodes.find(({ id }) => id === chosen);
  const arrowId = React.useId();
  return (
    <>
      <div className="jp-Mlops-lineageFrame">
        <div
          className="jp-Mlops-lineage"
          style={{ width: layout.width, height: layout.height }}
        >
          <svg width={layout.width} height={layout.height} aria-hidden>
            <defs>
              <marker
                id={arrowId}
                viewBox="0 0 8 8"
                refX="8"
                refY="4"
                markerWidth="7"
                markerHeight="7"
                orient="auto"
              >
                <path d="M0 0L8 4L0 8Z" />
              </marker>
            </defs>
            {layout.edges.map(edge => (
              <Edge key={edge.key} edge={edge} arrowId={arrowId} />
            ))}
          </svg>
          <ul aria-label={trans.__('Lineage')}>
            {layout.nodes.map(place => (
              <Node
                key={place.node.id}
                place={place}
                lineage={lineage}
                isChosen={place.node.id === chosen}
                onChoose={() => {
                  setChosen(place.node.id);
                  open(place.node, commands);
                }}
              />
            ))}
          </ul>
        </div>
      </div>
      {node ? (
        <NodeFacts node={node} commands={commands} />
      ) : (
        <p className="jp-Mlops-waiting">
          {trans.__(
            'Choose a part of the graph to open it, or to see what is known of it.'
          )}
        </p>
      )}
    </>
  );
}

function Edge(props: { edge: IPlacedEdge; arrowId: string }): JSX.Element {
  const { from, to, label } = props.edge;
  const bend = Math.max(24, (to.x - from.x) / 2);
  return (
    <g className="jp-Mlops-edge">
      <path
        d={`M${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`}
        markerEnd={`url(#${props.arrowId})`}
      />
      <text
        x={(from.x + to.x) / 2}
        y={(from.y + to.y) / 2 - 4}
        textAnchor="middle"
      >
        {label}
      </text>
    </g>
  );
}

function Node(props: {
  place: IPlacedNode;
  lineage: Lineage;
  isChosen: boolean;
  onChoose: () => void;
}): JSX.Element {
  const { node, x, y } = props.place;
  const trans = useTrans();
  const kind = kindsInWords(trans)[node.kind] ?? node.kind;
  return (
    <li style={{ left: x, top: y, width: NODE_WIDTH, height: NODE_HEIGHT }}>
      <button
        type="button"
        className="jp-Mlops-node"
        data-kind={node.kind}
        data-verdict={verdictOf(node)}
        aria-pressed={props.isChosen}
        aria-description={comesFrom(node, props.lineage, trans)}
        title={`${kind}: ${node.label}`}
        onClick={props.onChoose}
      >
        <span className="jp-Mlops-nodeKind">{kind}</span>
        <span className="jp-Mlops-nodeLabel">{shortLabel(node)}</span>
      </button>
    </li>
  );
}

/** What tells a node apart where there is little room; its kind stands above it. */
export function shortLabel({ kind, label }: LineageNode): string {
  switch (kind) {
    case 'version':
      return /\d+( \(.*\))?$/.exec(label)?.[0] ?? label;
    case 'notebook':
      return PathExt.basename(label);
    default:
      return label;
  }
}

/** How a gate ended, which its label says after its kind. */
function verdictOf({ kind, label }: LineageNode): string | undefined {
  return kind === 'gate'
    ? /(passed|refused|waiting)$/.exec(label)?.[0]
    : undefined;
}

/** What the edges say, for who cannot see them. */
function comesFrom(
  node: LineageNode,
  { nodes, edges }: Lineage,
  trans: TranslationBundle
): string {
  return edges
    .filter(({ to }) => to === node.id)
    .map(({ from, label }) =>
      trans.__(
        'from %1: %2',
        nodes.find(({ id }) => id === from)?.label ?? from,
        label
      )
    )
    .join('; ');
}

function NodeFacts(props: {
  node: LineageNode;
  commands: CommandRegistry;
}): JSX.Element {
  const { node, commands } = props;
  const trans = useTrans();
  const facts = Object.entries(node.facts).filter(
    ([, value]) => value !== null && value !== ''
  );
  return (
    <section
      className="jp-Mlops-nodeFacts"
      aria-label={trans.__('What is known of %1', node.label)}
    >
      <h2>
        {node.label}{' '}
        <span className="jp-Mlops-count">
          {kindsInWords(trans)[node.kind] ?? node.kind}
        </span>
      </h2>
      {commandOf(node) && (
        <TextButton
          label={trans.__('Open')}
          onClick={() => open(node, commands)}
        />
      )}
      <dl className="jp-Mlops-facts">
        {facts.map(([name, value]) => (
          <React.Fragment key={name}>
            <dt>{name.replace(/_/g, ' ')}</dt>
            <dd>
              {typeof value === 'string' && value.includes('\n') ? (
                <pre>{value}</pre>
              ) : (
                formatValue(value)
              )}
            </dd>
          </React.Fragment>
        ))}
      </dl>
    </section>
  );
}

function open(node: LineageNode, commands: CommandRegistry): void {
  const command = commandOf(node);
  if (command) {
    void commands.execute(...command);
  }
}

/** What opens a node: the notebook at its cell, the run, the model. */
export function commandOf({
  target
}: LineageNode): [string, Record<string, string>] | null {
  const { run_id, notebook, cell_id, model, version } = (target ??
    {}) as Record<string, string | null | undefined>;
  if (run_id) {
    return [CommandIDs.showRun, { run: run_id }];
  }
  if (notebook && cell_id) {
    return [CommandIDs.fixCell, { path: notebook, cell: cell_id }];
  }
  if (notebook) {
    return [CommandIDs.openNotebook, { path: notebook }];
  }
  return model
    ? [CommandIDs.openModel, { name: model, ...(version && { version }) }]
    : null;
}

function kindsInWords(
  trans: TranslationBundle
): Record<LineageNode['kind'], string> {
  return {
    version: trans.__('model version'),
    mlflow_run: trans.__('MLflow run'),
    job_run: trans.__('job run'),
    notebook: trans.__('notebook'),
    cell: trans.__('cell'),
    data: trans.__('data'),
    environment: trans.__('environment'),
    gate: trans.__('gate'),
    approval: trans.__('approval')
  };
}
