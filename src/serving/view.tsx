import { stopIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { asProblem } from '../api/problem';
import type { Problem, Serving } from '../api/types';
import { runningIcon, succeededIcon, failedIcon } from '../icons';
import { useModel, useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import { Notice, ProblemNotice, Snippet } from '../panel/notice';
import { Ago } from '../panel/times';
import type { IPageProps } from '../modelpage/pageProps';
import { isAlive } from './model';
import { TryItView } from './tryItView';

/** A version as a server on the Jupyter server's own machine: start and stop it, see its log, and try it. */
export function ServingView({ model }: IPageProps): JSX.Element {
  const { serving: servings, version } = model;
  const trans = useTrans();
  useModel(servings);
  const [problem, setProblem] = React.useState<Problem | null>(null);
  const [isBusy, setIsBusy] = React.useState(false);
  const serving = version === null ? null : servings.of(version);
  const isUp = serving !== null && isAlive(serving);

  const act = async (work: () => Promise<void>) => {
    setIsBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setIsBusy(false);
    }
  };

  const shown = problem ?? servings.problem;
  return (
    <>
      {shown && <ProblemNotice problem={shown} />}
      <div className="jp-Mlops-servingLine">
        {serving && <ServingState serving={serving} />}
        {isUp ? (
          <TextButton
            icon={stopIcon}
            label={trans.__('Stop serving')}
            disabled={isBusy}
            onClick={() => void act(() => servings.stop(serving))}
          />
        ) : (
          <TextButton
            label={trans.__('Serve version %1', version ?? '')}
            disabled={isBusy || version === null}
            onClick={() => void act(() => servings.start(version!))}
          />
        )}
      </div>
      {!serving && (
        <p className="jp-Mlops-waiting">
          {trans.__(
            'MLflow’s scoring server starts for this version, in a process of its own, on the loopback of the machine that Jupyter runs on. Nobody else can reach it.'
          )}
        </p>
      )}
      {serving?.url && isUp && <Snippet code={`${serving.url}/invocations`} />}
      {serving?.message && (
        <Notice tone={serving.state === 'failed' ? 'error' : 'info'}>
          <p>{serving.message}</p>
        </Notice>
      )}
      {serving && serving.log.length > 0 && (
        <details className="jp-Mlops-servingLog" open={!isReady(serving)}>
          <summary>{trans.__('Log')}</summary>
          <pre tabIndex={0}>{serving.log.join('\n')}</pre>
        </details>
      )}
      {serving && isReady(serving) && (
        <TryItView key={serving.id} model={model} serving={serving} />
      )}
    </>
  );
}

function isReady({ state }: Serving): boolean {
  return state === 'ready';
}

const ICONS = {
  starting: runningIcon,
  ready: succeededIcon,
  failed: failedIcon,
  stopped: stopIcon
};

const COLOURS = {
  starting: 'running',
  ready: 'succeeded',
  failed: 'failed',
  stopped: 'skipped'
};

function ServingState({ serving }: { serving: Serving }): JSX.Element {
  const trans = useTrans();
  const Icon = ICONS[serving.state];
  return (
    <span className="jp-Mlops-servingState" role="status">
      <span
        className="jp-Mlops-state"
        data-state={COLOURS[serving.state]}
        aria-hidden
      >
        <Icon.react tag="span" />
      </span>
      <strong>{stateInWords(serving.state, trans)}</strong>
      <span className="jp-Mlops-rowFacts">
        {serving.pid !== null && (
          <span>{trans.__('process %1', serving.pid)}</span>
        )}
        <Ago moment={serving.started_at} />
      </span>
    </span>
  );
}

function stateInWords(
  state: Serving['state'],
  trans: TranslationBundle
): string {
  const words: Record<Serving['state'], string> = {
    starting: trans.__('starting'),
    ready: trans.__('ready'),
    failed: trans.__('failed'),
    stopped: trans.__('stopped')
  };
  return words[state];
}
