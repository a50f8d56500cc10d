/** An MLflow run that is active in a kernel. */
export interface IActiveRun {
  run_id: string;
  name: string;
}

/** What `state` of the kernel's module says. */
export interface IKernelState {
  run: IActiveRun | null;
  /** The libraries that MLflow logs by itself; `mlflow` stands for all that it knows. */
  autolog: readonly string[];
}

/** A copy of the notebook that was kept. */
export interface IKeptSnapshot {
  sha: string;
  notebook: string;
  /** From what was executed, in sentences. */
  differences: readonly string[];
  /** The name of the MLflow run that was told of it. */
  run: string | null;
  /** Why the active run could not be told. */
  run_problem: string | null;
}

export type LoggedKind = 'param' | 'metric' | 'tag';

export interface ILoggedValue {
  kind: LoggedKind;
  name: string;
  value: string;
}

/** An MLflow run of the notebook. */
export interface INotebookRun {
  run_id: string;
  name: string;
  status: string;
  started_at_ms: number;
}

/** What differs between two MLflow runs. */
export interface IRunComparison {
  a: string;
  b: string;
  rows: readonly { name: string; a: unknown; b: unknown }[];
}

/** What was done last, to be told. */
export type Outcome =
  | { kind: 'kept'; kept: IKeptSnapshot }
  | { kind: 'logged'; logged: ILoggedValue; run: string };
