import { type Contents, ServerConnection } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type { DefinitionChanges, DefinitionFile, Problem } from '../api/types';

export const DEFAULT_FILE = 'jobs.yaml';

/** Whether a file is called as files of definitions are. */
export function isJobsFile(name: string): boolean {
  return /(^|\.)jobs\.ya?ml$/.test(name);
}

/** What is done with the files below the root. */
export interface IFiles extends Pick<Contents.IManager, 'get' | 'save'> {
  /** Put what is changed on screen on disk. */
  saveIfChanged: (path: string) => Promise<void>;
}

/** What was written to a file, and how many jobs that was. */
export interface IWritten {
  file: string;
  jobs: number;
}

/** The token of a trigger that is called, and whose trigger that is. */
export interface IToken {
  job: string;
  trigger_id: string;
  token: string;
}

/** What is chosen: the file, and whether it takes over jobs that others have made. */
interface IChoice {
  file: string;
  adopt: boolean;
}

/** Jobs as a file has them: applied as they were planned, never before the plan was shown. */
export class JobsAsCode {
  constructor(
    private readonly _client: Client,
    private readonly _files: IFiles,
    file = DEFAULT_FILE
  ) {
    this._choice = { file, adopt: false };
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get choice(): Readonly<IChoice> {
    return this._choice;
  }

  /** Another file is another question: what was shown holds no longer. */
  choose(choice: Partial<IChoice>): void {
    this._choice = { ...this._choice, ...choice };
    this._forget();
    this._isBusy = false;
    this._changed.emit();
  }

  /** What applying would do, once it was asked for. */
  get planned(): DefinitionChanges | null {
    return this._planned;
  }

  /** What was done. */
  get done(): DefinitionChanges | null {
    return this._done;
  }

  /** Tokens are told once: they are shown whatever else is asked for. */
  get tokens(): readonly IToken[] {
    return this._tokens;
  }

  get written(): IWritten | null {
    return this._written;
  }

  /** The file that was to be written is there already. */
  get isInTheWay(): boolean {
    return this._isInTheWay;
  }

  get isBusy(): boolean {
    return this._isBusy;
  }

  get fileProblem(): Problem | null {
    return this._problem?.field === 'file' ? this._problem : null;
  }

  /** A refusal of what is in the file, or of all. */
  get generalProblem(): Problem | null {
    return this._problem?.field === 'file' ? null : this._problem;
  }

  /** Ask what the file would change; nothing is stored. */
  plan(): Promise<void> {
    return this._work(async () => {
      const file = this._file;
      const { adopt } = this._choice;
      await this._files.saveIfChanged(file);
      const text = await this._read(file);
      const order = { file, adopt, ...(text !== null && { text }) };
      const planned = await this._client.planDefinitions(order);
      return () => {
        this._planned = planned;
        this._order = order;
      };
    });
  }

  /** Do what was planned, by the very text that it was planned from. */
  async apply(): Promise<void> {
    const order = this._order;
    if (order !== null && !this._isBusy) {
      await this._work(async () => {
        const done = await this._client.applyDefinitions(order);
        return () => {
          this._done = done;
          this._tokens = [...this._tokens, ...tokensOf(done)];
        };
      });
    }
  }

  /** Write the jobs that there are to the file; over one that is there only on request. */
  write(replace = false): Promise<void> {
    return this._work(async () => {
      const file = this._file;
      const { definitions, text } = await this._client.exportDefinitions();
      if (!replace && (await this._isThere(file))) {
        return () => {
          this._isInTheWay = true;
        };
      }
      await this._files.save(file, {
        type: 'file',
        format: 'text',
        content: text
      });
      const jobs = Object.keys(definitions.jobs ?? {}).length;
      return () => {
        this._written = { file, jobs };
      };
    });
  }

  private get _file(): string {
    return this._choice.file.trim() || DEFAULT_FILE;
  }

  /** Work, and take what comes of it unless something else was chosen meanwhile. */
  private async _work(work: () => Promise<() => void>): Promise<void> {
    this._forget();
    this._isBusy = true;
    this._changed.emit();
    const choice = this._choice;
    const take = await work().catch(error => () => {
      this._problem = asProblem(error);
    });
    if (choice === this._choice) {
      take();
      this._isBusy = false;
      this._changed.emit();
    }
  }

  /** A file's text; null for what cannot be read, of which our server says best why. */
  private async _read(file: string): Promise<string | null> {
    try {
      const { content } = await this._files.get(file, TEXT);
      return typeof content === 'string' ? content : null;
    } catch {
      return null;
    }
  }

  private async _isThere(file: string): Promise<boolean> {
    try {
      await this._files.get(file, { content: false });
      return true;
    } catch (error) {
      if (
        error instanceof ServerConnection.ResponseError &&
        error.response.status === 404
      ) {
        return false;
      }
      throw error;
    }
  }

  private _forget(): void {
    this._planned = null;
    this._order = null;
    this._done = null;
    this._written = null;
    this._isInTheWay = false;
    this._problem = null;
  }

  private _changed = new Signal<this, void>(this);
  private _choice: IChoice;
  private _planned: DefinitionChanges | null = null;
  private _order: DefinitionFile | null = null;
  private _done: DefinitionChanges | null = null;
  private _tokens: readonly IToken[] = [];
  private _written: IWritten | null = null;
  private _isInTheWay = false;
  private _problem: Problem | null = null;
  private _isBusy = false;
}

function tokensOf({ changes }: DefinitionChanges): IToken[] {
  return changes.flatMap(({ job, tokens = [] }) =>
    tokens.map(told => ({ job, ...told }))
  );
}

const TEXT = { type: 'file', format: 'text' } as const;
