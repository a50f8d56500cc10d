import { refreshIcon } from '@jupyterlab/ui-components';
import React from 'react';
import type { ModelPage } from '../api/types';
import { Approvals } from '../models/approvals';
import { Freshness } from '../models/view';
import { useModel, useTrans } from '../panel/hooks';
import { IconButton } from '../panel/iconButton';
import { ProblemNotice } from '../panel/notice';
import { Tabs } from '../panel/tabs';
import { ServingView } from '../serving/view';
import { CardView } from './cardView';
import { ComparisonView } from './comparisonView';
import { HistoryView } from './historyView';
import { LineageView } from './lineageView';
import { type TabId, TABS } from './model';
import { AliasBar } from './aliasBar';
import type { IPageProps } from './pageProps';
import { VersionChoice } from './versionChoice';
import { VersionsView } from './versionsView';
import { VersionView } from './versionView';

/** A registered model: its versions, what they were judged by, where they come from, and where they serve. */
export function ModelPageView(props: IPageProps): JSX.Element {
  const { model } = props;
  const trans = useTrans();
  useModel(model);
  const page = model.page.value;
  return (
    <>
      <div className="jp-Mlops-pageHeader">
        <h1>{model.name}</h1>
        <IconButton
          icon={refreshIcon}
          label={trans.__('Refresh')}
          onClick={() => void model.refresh()}
        />
        {page?.description && <p>{page.description}</p>}
      </div>
      {model.page.problem && <ProblemNotice problem={model.page.problem} />}
      {!page && !model.page.problem && (
        <p className="jp-Mlops-waiting" role="status">
          {trans.__('Loading…')}
        </p>
      )}
      {page && <Body {...props} page={page} />}
    </>
  );
}

function Body(props: IPageProps & { page: ModelPage }): JSX.Element {
  const { model, page } = props;
  const trans = useTrans();
  const labels = useTabLabels();
  return (
    <>
      <Freshness of={page} />
      <AliasBar model={model} page={page} commands={props.commands} />
      <Approvals
        waiting={model.waiting}
        heading="h2"
        decide={(...decision) => model.decide(...decision)}
      />
      <Tabs
        label={trans.__('Parts of the page')}
        tabs={TABS.map(id => ({ id, label: labels[id] }))}
        current={model.tab}
        onSelect={tab => (model.tab = tab)}
      >
        {IS_OF_ONE_VERSION[model.tab] && (
          <VersionChoice
            label={trans.__('Version')}
            page={page}
            value={model.version}
            onChoose={version => model.select(version)}
          />
        )}
        <Part {...props} />
      </Tabs>
    </>
  );
}

const IS_OF_ONE_VERSION: Partial<Record<TabId, true>> = {
  version: true,
  lineage: true,
  card: true,
  serve: true
};

function Part(props: IPageProps & { page: ModelPage }): JSX.Element {
  switch (props.model.tab) {
    case 'versions':
      return <VersionsView {...props} />;
    case 'version':
      return <VersionView {...props} />;
    case 'compare':
      return <ComparisonView {...props} />;
    case 'lineage':
      return <LineageView {...props} />;
    case 'card':
      return <CardView {...props} />;
    case 'serve':
      return <ServingView {...props} />;
    case 'history':
      return <HistoryView {...props} />;
  }
}

function useTabLabels(): Record<TabId, string> {
  const trans = useTrans();
  return {
    versions: trans.__('Versions'),
    version: trans.__('Gates and facts'),
    compare: trans.__('Compare'),
    lineage: trans.__('Lineage'),
    card: trans.__('Model card'),
    serve: trans.__('Serve'),
    history: trans.__('Alias history')
  };
}
