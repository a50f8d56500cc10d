import React from 'react';
import type { Run } from '../api/types';
import { formatBytes, formatDuration } from '../format';
import { useModel, useTrans } from '../panel/hooks';
import type { LiveRun } from '../live/liveRun';
import type { OutputTail } from '../live/outputTail';
import { executorOf, type RunsModel } from './model';

/** A run that is under way, as it goes on: where it is, what it uses, what it puts out. */
export function LiveView(props: {
  run: Run;
  model: RunsModel;
}): JSX.Element | null {
  const { run, model } = props;
  const [live, setLive] = React.useState<LiveRun | null>(null);
  React.useEffect(() => {
    const live = model.watch(run);
    setLive(live);
    return () => live.dispose();
  }, [run.id, model]);
  return live && <Live live={live} />;
}

function Live({ live }: { live: LiveRun }): JSX.Element {
  const trans = useTrans();
  useModel(live);
  useEverySecond();
  const { run } = live;
  if (run.state === 'queued') {
    return <Queued run={run} />;
  }
  return (
    <div className="jp-Mlops-live" data-connection={live.connection}>
      <CurrentCell live={live} />
      <p className="jp-Mlops-rowFacts">
        <Estimate run={run} />
        <Resources live={live} />
      </p>
      {run.progress?.problem && (
        <p className="jp-Mlops-liveNote" role="status">
          {run.progress.problem}
        </p>
      )}
      {live.connection === 'polling' && (
        <p className="jp-Mlops-liveNote" role="status">
          {trans.__('Outputs cannot be streamed now; progress is asked for.')}
        </p>
      )}
      {!live.output.isEmpty && <Output tail={live.output} />}
    </div>
  );
}

function Queued({ run }: { run: Run }): JSX.Element {
  const trans = useTrans();
  const wait = secondsUntil(run.not_before);
  const elsewhere = executorOf(run);
  return (
    <p className="jp-Mlops-liveNote">
      {wait > 0
        ? trans.__('Waits %1 for its next attempt.', formatDuration(wait))
        : elsewhere
          ? trans.__('Waits for a worker of the executor “%1”.', elsewhere)
          : trans.__('Waits for a worker that is free.')}
    </p>
  );
}

function CurrentCell({ live }: { live: LiveRun }): JSX.Element {
  const trans = useTrans();
  const { cell, run } = live;
  if (!cell) {
    return (
      <p className="jp-Mlops-liveNote">
        {run.cells_done === 0
          ? trans.__('The kernel is starting.')
          : trans.__('Between two cells.')}
      </p>
    );
  }
  const since = Math.max(0, (Date.now() - Date.parse(cell.started_at)) / 1000);
  return (
    <div className="jp-Mlops-liveCell">
      <p>
        <span>{trans.__('Cell %1', cell.index + 1)}</span>
        <span className="jp-Mlops-liveSince">
          {trans.__('for %1', formatDuration(Math.floor(since)))}
        </span>
      </p>
      <code title={cell.line}>{cell.line}</code>
    </div>
  );
}

function Estimate({ run }: { run: Run }): JSX.Element | null {
  const trans = useTrans();
  const progress = run.progress;
  if (!progress?.expected_end_at) {
    return null;
  }
  const left = secondsUntil(progress.expected_end_at);
  return (
    <span
      title={trans._n(
        'By how long the last successful run took.',
        'By how long the last %1 successful runs took.',
        progress.expected_from
      )}
    >
      {left > 0
        ? trans.__('about %1 left', formatDuration(left))
        : trans.__('longer than usual')}
    </span>
  );
}

function Resources({ live }: { live: LiveRun }): JSX.Element | null {
  const trans = useTrans();
  const { cpu, memory } = live.resources;
  return (
    <>
      {cpu !== null && (
        <span title={trans.__('100 % is one core')}>
          {trans.__('CPU %1 %', Math.round(cpu))}
        </span>
      )}
      {memory !== null && (
        <span>{trans.__('memory %1', formatBytes(memory))}</span>
      )}
    </>
  );
}

/** The end of the outputs, which stays in view unless one has scrolled up to read. */
function Output({ tail }: { tail: OutputTail }): JSX.Element {
  const trans = useTrans();
  const box = React.useRef<HTMLPreElement>(null);
  const isAtEnd = React.useRef(true);
  const onScroll = () => {
    const { scrollHeight, scrollTop, clientHeight } = box.current!;
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < 8;
  };
  React.useLayoutEffect(() => {
    if (box.current && isAtEnd.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  });
  return (
    <pre
      ref={box}
      className="jp-Mlops-liveOutput"
      role="log"
      aria-live="off"
      aria-label={trans.__('Output')}
      tabIndex={0}
      onScroll={onScroll}
    >
      {tail.isCut && (
        <span className="jp-Mlops-liveOutputCut">
          {trans.__('… what came before is in the notebook\n')}
        </span>
      )}
      {tail.pieces.map(({ key, name, text }) => (
        <span key={key} data-name={name}>
          {text}
        </span>
      ))}
    </pre>
  );
}

/** Seconds until a moment, 0 when it is past or not known. */
function secondsUntil(moment: string | null | undefined): number {
  return moment
    ? Math.max(0, Math.floor((Date.parse(moment) - Date.now()) / 1000))
    : 0;
}

/** Render again each second, for what counts. */
function useEverySecond(): void {
  const [, renderAgain] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const timer = setInterval(renderAgain, 1_000);
    return () => clearInterval(timer);
  }, []);
}
