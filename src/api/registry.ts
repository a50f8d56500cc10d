import type { paths } from './schema';
import type { Transport } from './transport';
import type {
  AliasMove,
  GateKind,
  IPage,
  Lineage,
  ModelCard,
  ModelList,
  ModelPage,
  ModelVersionPage,
  PredictionRequest,
  Predictions,
  Registration,
  RegistrationRequest,
  ScoringNotebookRequest,
  Serving,
  ServingRequest,
  VersionComparison
} from './types';

export type RegistrationQuery = NonNullable<
  paths['/registrations']['get']['parameters']['query']
>;

/** What becomes of models: versions, aliases, gates, approvals, serving. */
export class RegistryClient {
  constructor(private readonly _transport: Transport) {}

  models(): Promise<ModelList> {
    return this._transport.call('/models');
  }

  model(name: string): Promise<ModelPage> {
    return this._transport.call('/models/{name}', { ids: { name } });
  }

  version(name: string, version: string): Promise<ModelVersionPage> {
    return this._transport.call('/models/{name}/versions/{version}', {
      ids: { name, version }
    });
  }

  /** Where a version comes from, as a graph. */
  lineage(name: string, version: string): Promise<Lineage> {
    return this._transport.call('/models/{name}/versions/{version}/lineage', {
      ids: { name, version }
    });
  }

  card(
    name: string,
    version: string,
    format: ModelCard['format'] = 'markdown'
  ): Promise<ModelCard> {
    return this._transport.call('/models/{name}/versions/{version}/card', {
      ids: { name, version },
      query: { format }
    });
  }

  compare(name: string, a: string, b: string): Promise<VersionComparison> {
    return this._transport.call('/models/{name}/comparison', {
      ids: { name },
      query: { a, b }
    });
  }

  /** Give an alias to a version by hand; null takes it away. */
  moveAlias(
    name: string,
    alias: string,
    version: string | null,
    reason: string
  ): Promise<AliasMove> {
    return this._transport.call('/models/{name}/aliases/{alias}', {
      method: 'PUT',
      ids: { name, alias },
      body: { version, reason }
    });
  }

  /** Give an alias back to the version that held it before. */
  rollBack(name: string, alias: string, reason: string): Promise<AliasMove> {
    return this._transport.call('/models/{name}/rollback', {
      method: 'POST',
      ids: { name },
      body: { alias, reason }
    });
  }

  async gates(): Promise<GateKind[]> {
    const { items } = await this._transport.call<{ items: GateKind[] }>(
      '/gates'
    );
    return items;
  }

  registrations(query: RegistrationQuery = {}): Promise<IPage<Registration>> {
    return this._transport.call('/registrations', { query });
  }

  register(body: RegistrationRequest): Promise<Registration> {
    return this._transport.call('/registrations', { method: 'POST', body });
  }

  registration(registration: string): Promise<Registration> {
    return this._transport.call('/registrations/{registration}', {
      ids: { registration }
    });
  }

  /** Approve or reject a version that waits for it. */
  decide(
    registration: string,
    approve: boolean,
    comment: string | null
  ): Promise<Registration> {
    return this._transport.call('/registrations/{registration}/decision', {
      method: 'POST',
      ids: { registration },
      body: { approve, comment }
    });
  }

  async servings(): Promise<Serving[]> {
    const { items } = await this._transport.call<{ items: Serving[] }>(
      '/servings'
    );
    return items;
  }

  serve(body: ServingRequest): Promise<Serving> {
    return this._transport.call('/servings', { method: 'POST', body });
  }

  serving(serving: string): Promise<Serving> {
    return this._transport.call('/servings/{serving}', { ids: { serving } });
  }

  stopServing(serving: string): Promise<void> {
    return this._transport.call('/servings/{serving}', {
      method: 'DELETE',
      ids: { serving }
    });
  }

  predict(serving: string, body: PredictionRequest): Promise<Predictions> {
    return this._transport.call('/servings/{serving}/predictions', {
      method: 'POST',
      ids: { serving },
      body
    });
  }

  /** Write a notebook that scores a table; returns its path. */
  async writeScoringNotebook(body: ScoringNotebookRequest): Promise<string> {
    const { notebook } = await this._transport.call<{ notebook: string }>(
      '/scoring-notebooks',
      { method: 'POST', body }
    );
    return notebook;
  }
}
