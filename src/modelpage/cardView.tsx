import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { downloadIcon } from '@jupyterlab/ui-components';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import React from 'react';
import type { ModelCard } from '../api/types';
import { attempt } from '../panel/attempt';
import { useTrans } from '../panel/hooks';
import { TextButton } from '../panel/iconButton';
import { ProblemNotice } from '../panel/notice';
import { Awaited } from './versionChoice';
import type { IPageProps } from './pageProps';

const MARKDOWN = 'text/markdown';

/** A version's model card as people read it, and as files to hand on. */
export function CardView(props: IPageProps): JSX.Element {
  const { model, rendermime } = props;
  const trans = useTrans();
  const { value, problem, isLoading, key } = model.card;

  const saveHtml = () =>
    attempt(async () => {
      const { registry } = model.client;
      save(model.name, key!, await registry.card(model.name, key!, 'html'));
    });

  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      {!value && <Awaited isLoading={isLoading} />}
      {value && (
        <>
          <div className="jp-Mlops-actions">
            <TextButton
              icon={downloadIcon}
              label={trans.__('Download Markdown')}
              onClick={() => save(model.name, key!, value)}
            />
            <TextButton
              icon={downloadIcon}
              label={trans.__('Download HTML')}
              onClick={() => void saveHtml()}
            />
          </div>
          <Markdown source={value.content} rendermime={rendermime} />
        </>
      )}
    </>
  );
}

/** Markdown by JupyterLab's own renderer, which takes out what could run. */
function Markdown(props: {
  source: string;
  rendermime: IRenderMimeRegistry;
}): JSX.Element {
  const { source, rendermime } = props;
  const host = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    const renderer = rendermime.createRenderer(MARKDOWN);
    const model = rendermime.createModel({ data: { [MARKDOWN]: source } });
    MessageLoop.sendMessage(renderer, Widget.Msg.BeforeAttach);
    host.current!.appendChild(renderer.node);
    MessageLoop.sendMessage(renderer, Widget.Msg.AfterAttach);
    void renderer.renderModel(model);
    return () => {
      MessageLoop.sendMessage(renderer, Widget.Msg.BeforeDetach);
      renderer.node.remove();
      MessageLoop.sendMessage(renderer, Widget.Msg.AfterDetach);
      renderer.dispose();
    };
  }, [source, rendermime]);
  return <div ref={host} className="jp-Mlops-card" />;
}

function save(name: string, version: string, card: ModelCard): void {
  const isHtml = card.format === 'html';
  const type = isHtml ? 'text/html' : MARKDOWN;
  const url = URL.createObjectURL(new Blob([card.content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}-${version}.${isHtml ? 'html' : 'md'}`;
  link.click();
  URL.revokeObjectURL(url);
}
