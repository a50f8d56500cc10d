import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { Resource } from '../api/resource';
import type {
  Lineage,
  ModelCard,
  ModelPage,
  ModelVersionPage,
  Registration,
  VersionComparison
} from '../api/types';
import type { ChangeFeed, IBatch } from '../live/changeFeed';
import { ServingModel } from '../serving/model';

/** The parts of a model's page. */
export const TABS = [
  'versions',
  'version',
  'compare',
  'lineage',
  'card',
  'serve',
  'history'
] as const;

export type TabId = (typeof TABS)[number];

/** The page of one registered model: what is looked at, and the server's answers about it. */
export class ModelPageModel implements IDisposable {
  constructor(
    readonly client: Client,
    private readonly _feed: ChangeFeed,
    readonly name: string
  ) {
    const { registry } = client;
    this.page = new Resource(name => registry.model(name));
    this.detail = new Resource(version => registry.version(name, version));
    this.lineage = new Resource(version => registry.lineage(name, version));
    this.card = new Resource(version => registry.card(name, version));
    this.comparison = new Resource(pair => {
      const [a, b] = pair.split(' ');
      return registry.compare(name, a, b);
    });
    this.serving = new ServingModel(client, name);
    for (const resource of this._resources) {
      resource.changed.connect(() => this._changed.emit());
    }
    this.page.changed.connect(this._chooseVersions, this);
    this._feed.batched.connect(this._onBatch, this);
    void this.page.show(name);
  }

  readonly page: Resource<ModelPage>;
  readonly detail: Resource<ModelVersionPage>;
  readonly lineage: Resource<Lineage>;
  readonly card: Resource<ModelCard>;
  readonly comparison: Resource<VersionComparison>;
  readonly serving: ServingModel;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._feed.batched.disconnect(this._onBatch, this);
    this.serving.dispose();
    Signal.clearData(this);
  }

  get tab(): TabId {
    return this._tab;
  }

  set tab(tab: TabId) {
    this._tab = tab;
    this._ask();
  }

  /** The version that is looked at; null until one is known. */
  get version(): string | null {
    return this._version;
  }

  /** Look at a version, and at a part of the page if one is named. */
  select(version: string, tab: TabId = this._tab): void {
    this._version = version;
    this._tab = tab;
    this._ask();
  }

  /** The two versions that are compared: the older first. */
  get pair(): readonly [string, string] | null {
    return this._pair;
  }

  set pair(pair: readonly [string, string] | null) {
    this._pair = pair;
    this._ask();
  }

  /** What of this model waits for approval. */
  get waiting(): readonly Registration[] {
    return (this.page.value?.registrations ?? []).filter(
      ({ state }) => state === 'awaiting_approval'
    );
  }

  async decide(
    { id }: Registration,
    approve: boolean,
    comment: string | null
  ): Promise<void> {
    await this.client.registry.decide(id, approve, comment);
    await this.refresh();
  }

  async rollBack(alias: string, reason: string): Promise<void> {
    await this.client.registry.rollBack(this.name, alias, reason);
    await this.refresh();
  }

  async moveAlias(
    alias: string,
    version: string | null,
    reason: string
  ): Promise<void> {
    await this.client.registry.moveAlias(this.name, alias, version, reason);
    await this.refresh();
  }

  /** Ask anew for all that is on screen; for the other parts, once they are looked at again. */
  async refresh(): Promise<void> {
    const shown = this._shown;
    this._outdated = new Set(this._resources.filter(each => each !== shown));
    await Promise.all([this.page.refresh(), shown?.refresh()]);
  }

  private get _resources(): Resource<any>[] {
    return [this.page, this.detail, this.lineage, this.card, this.comparison];
  }

  /** What the open part of the page shows beside the page itself. */
  private get _shown(): Resource<any> | null {
    switch (this._tab) {
      case 'version':
      case 'serve':
        return this.detail;
      case 'lineage':
        return this.lineage;
      case 'card':
        return this.card;
      case 'compare':
        return this.comparison;
      default:
        return null;
    }
  }

  private _ask(): void {
    const key = this._tab === 'compare' ? this._pair?.join(' ') : this._version;
    const shown = this._shown;
    if (shown && key) {
      const isOutdated = this._outdated.delete(shown) && shown.key === key;
      void (isOutdated ? shown.refresh() : shown.show(key));
    }
    this.serving.setWatched(this._tab === 'serve');
    this._changed.emit();
  }

  /** Before anybody has chosen: the newest version, beside the one that is champion or came before it. */
  private _chooseVersions({ value }: Resource<ModelPage>): void {
    if (!value || value.versions.length === 0) {
      return;
    }
    const [newest, older] = value.versions.map(({ version }) => version);
    const isAsked = this._version === null || this._pair === null;
    this._version ??= newest;
    if (this._pair === null && older !== undefined) {
      const champion = value.aliases.champion;
      this._pair = [
        champion !== undefined && champion !== newest ? champion : older,
        newest
      ];
    }
    if (isAsked) {
      this._ask();
    }
  }

  private _onBatch(_: ChangeFeed, { changes, missed }: IBatch): void {
    const isOurs = changes.some(
      ({ kind, id }) => kind === 'model' && (id === this.name || id === '')
    );
    if (missed || isOurs) {
      void this.refresh();
      void this.serving.refresh();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _isDisposed = false;
  private _outdated = new Set<Resource<any>>();
  private _tab: TabId = 'versions';
  private _version: string | null = null;
  private _pair: readonly [string, string] | null = null;
}
