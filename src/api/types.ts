import type { components } from './schema';

type Schemas = components['schemas'];

export type Execution = Schemas['Execution'];
export type ExecutionPage = Schemas['ExecutionPage'];
export type FailedCell = Schemas['FailedCell'];
export type Job = Schemas['Job'];
export type JobChange = Schemas['JobChange'];
export type JobPage = Schemas['JobPage'];
export type JobRequest = Schemas['JobRequest'];
export type Kernel = Schemas['Kernel'];
export type ModelList = Schemas['ModelList'];
export type ModelVersion = Schemas['ModelVersion'];
export type NotebookInspection = Schemas['NotebookInspection'];
export type OutputFact = Schemas['OutputFact'];
export type Parameter = Schemas['Parameter'];
export type Problem = Schemas['Problem'];
export type Recording = Schemas['Recording'];
export type RegisteredModel = Schemas['RegisteredModel'];
export type Run = Schemas['Run'];
export type RunPage = Schemas['RunPage'];
export type RunRequest = Schemas['RunRequest'];
export type RunState = Schemas['RunState'];
export type SchedulePreview = Schemas['SchedulePreview'];
export type SessionState = Schemas['SessionState'];
export type StateReason = Schemas['StateReason'];
export type Status = Schemas['Status'];
export type Trigger = Schemas['Trigger'];

/** What is known of one cell of a session. */
export type CellState = SessionState['cells'][number];

/** A code cell as it is in the editor. */
export type OpenCell = Schemas['SessionStateQuestion']['cells'][number];

/** One page of a list; `next_cursor` is null on the last. */
export interface IPage<T> {
  items: T[];
  next_cursor: string | null;
}
