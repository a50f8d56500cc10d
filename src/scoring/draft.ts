import { type ISignal, Signal } from '@lumino/signaling';
import { asProblem } from '../api/problem';
import type { RegistryClient } from '../api/registry';
import type { ModelPage, Problem } from '../api/types';

/** What one types to have a table scored. */
export interface IScoring {
  /** A version's number, or `@` and an alias. */
  version: string;
  data: string;
  output: string;
  logical_date: string;
  notebook: string;
}

export type ScoringField = keyof IScoring | 'model';

/** A notebook that scores a table, about to be written: what was typed, and what is wrong with it. */
export class ScoringDraft {
  constructor(
    private readonly _registry: Pick<RegistryClient, 'writeScoringNotebook'>,
    private readonly _page: ModelPage
  ) {
    const { name, aliases, versions } = _page;
    const alias = 'champion' in aliases ? 'champion' : Object.keys(aliases)[0];
    const folder = folderOf(versions[0]?.notebook ?? '');
    this._values = {
      version: alias ? `@${alias}` : (versions[0]?.version ?? ''),
      data: '',
      output: 'scores',
      logical_date: '',
      notebook: `${folder}score-${name}.ipynb`
    };
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Where it was written, once it was. */
  get written(): string | null {
    return this._written;
  }

  get values(): Readonly<IScoring> {
    return this._values;
  }

  /** The versions that can be meant: aliases first, as a job's model moves with them. */
  get versions(): readonly string[] {
    return [
      ...Object.keys(this._page.aliases).map(alias => `@${alias}`),
      ...this._page.versions.map(({ version }) => version)
    ];
  }

  set(field: keyof IScoring, text: string): void {
    this._values = { ...this._values, [field]: text };
    this._refused = null;
    this._changed.emit();
  }

  problemOf(field: ScoringField): Problem | null {
    return this._refused?.field === field ? this._refused : null;
  }

  /** What was refused, and is no field's of this form. */
  get generalProblem(): Problem | null {
    const field = this._refused?.field ?? '';
    return field in this._values ? null : this._refused;
  }

  /** Whether the table was left out, when one tried. */
  get isDataMissing(): boolean {
    return this._isTried && this._values.data.trim() === '';
  }

  /** Have it written; returns whether it was. */
  async submit(): Promise<boolean> {
    const { version, data, output, logical_date, notebook } = this._values;
    this._isTried = true;
    this._refused = null;
    try {
      if (!this.isDataMissing) {
        this._written = await this._registry.writeScoringNotebook({
          model: `models:/${this._page.name}${version.startsWith('@') ? '' : '/'}${version}`,
          data: data.trim(),
          output: output.trim(),
          logical_date: logical_date.trim(),
          notebook: notebook.trim()
        });
        return true;
      }
    } catch (error) {
      this._refused = asProblem(error);
    }
    this._changed.emit();
    return false;
  }

  private _changed = new Signal<this, void>(this);
  private _values: IScoring;
  private _isTried = false;
  private _refused: Problem | null = null;
  private _written: string | null = null;
}

/** The folder of a notebook below the root, with its slash; that of another server's is none here. */
function folderOf(path: string): string {
  return path.startsWith('/') ? '' : path.slice(0, path.lastIndexOf('/') + 1);
}
