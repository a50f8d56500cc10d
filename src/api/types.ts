import type { components } from './schema';

type Schemas = components['schemas'];

export type AliasMove = Schemas['AliasMove'];
export type Attempt = Schemas['Attempt'];
export type AttemptList = Schemas['AttemptList'];
export type Channel = Schemas['Channel'];
export type ChannelList = Schemas['ChannelList'];
export type Cleaning = Schemas['Cleaning'];
export type DefinitionChange = Schemas['DefinitionChange'];
export type DefinitionChanges = Schemas['DefinitionChanges'];
export type DefinitionExport = Schemas['DefinitionExport'];
export type DefinitionFile = Partial<Schemas['DefinitionFile']>;
export type Difference = Schemas['Difference'];
export type Execution = Schemas['Execution'];
export type ExecutionPage = Schemas['ExecutionPage'];
export type FailedCell = Schemas['FailedCell'];
export type Finding = Schemas['Finding'];
export type HousekeepingOrder = Partial<Schemas['HousekeepingOrder']>;
export type GateKind = Schemas['GateKinds']['items'][number];
export type GateResult = Schemas['GateResult'];
export type GateSpec = Schemas['GateSpec'];
export type Job = Schemas['Job'];
export type JobChange = Schemas['JobChange'];
export type JobPage = Schemas['JobPage'];
export type JobTrigger = Schemas['JobTrigger'];
export type KeptKernel = Schemas['KeptKernel'];
export type Kernel = Schemas['Kernel'];
export type Lineage = Schemas['Lineage'];
export type LineageEdge = Lineage['edges'][number];
export type LineageNode = Lineage['nodes'][number];
export type LiveEvent = Schemas['LiveEvent'];
export type ModelCard = Schemas['ModelCard'];
export type ModelList = Schemas['ModelList'];
export type ModelPage = Schemas['ModelPage'];
export type ModelVersion = Schemas['ModelVersion'];
export type ModelVersionPage = Schemas['ModelVersionPage'];
export type NewTrigger = Schemas['NewTrigger'];
export type NotebookInspection = Schemas['NotebookInspection'];
export type Notice = Schemas['Notification'];
export type NotificationPage = Schemas['NotificationPage'];
export type OutputFact = Schemas['OutputFact'];
export type Parameter = Schemas['Parameter'];
export type PredictionRequest = Schemas['PredictionRequest'];
export type Predictions = Schemas['Predictions'];
export type PreflightAnswer = Schemas['PreflightAnswer'];
export type Problem = Schemas['Problem'];
export type Progress = Schemas['Progress'];
export type Recording = Schemas['Recording'];
export type RegisteredModel = Schemas['RegisteredModel'];
export type Registration = Schemas['Registration'];
export type RegistrationState = Schemas['RegistrationState'];
export type RemoteOutput = Schemas['RemoteOutput'];
export type Run = Schemas['Run'];
export type RunPage = Schemas['RunPage'];
export type RunsAction = Schemas['RunsAction'];
export type RunsActionResult = Schemas['RunsActionResult'];
export type RunState = Schemas['RunState'];
export type SchedulePreview = Schemas['SchedulePreview'];
export type SchedulerImport = Partial<Schemas['SchedulerImport']>;
export type SchedulerImported = Schemas['SchedulerImported'];
export type Serving = Schemas['Serving'];
export type SessionState = Schemas['SessionState'];
export type StateReason = Schemas['StateReason'];
export type Status = Schemas['Status'];
export type Trigger = Schemas['Trigger'];
export type TriggerChange = Schemas['TriggerChange'];
export type UnseenLeft = Schemas['UnseenLeft'];
export type VersionComparison = Schemas['VersionComparison'];

/** How a job's runs are treated; what is left out has its default. */
export type Policies = Partial<Schemas['Policies']>;

/** How a model is registered; what is left out has its default. */
export type RegistrationPlan = Partial<Schemas['RegistrationPlan']>;

interface IDefaulted {
  policies?: Policies;
  registration?: RegistrationPlan;
}

export type JobRequest = Omit<
  Schemas['JobRequest'],
  keyof IDefaulted | 'trigger'
> &
  IDefaulted & { trigger?: TriggerRequest | null };
export type RunRequest = Omit<Schemas['RunRequest'], keyof IDefaulted> &
  IDefaulted;
export type RegistrationRequest = Omit<
  Schemas['RegistrationRequest'],
  'registration'
> & { registration?: RegistrationPlan };
export type ScoringNotebookRequest = Omit<
  Schemas['ScoringNotebookRequest'],
  'ending'
> &
  Partial<Schemas['ScoringNotebookRequest']>;
export type ServingRequest = Pick<Schemas['ServingRequest'], 'model'> &
  Partial<Schemas['ServingRequest']>;

/** A run for each combination of some parameters' values. */
export type MatrixRequest = Omit<Schemas['MatrixRequest'], 'request'> & {
  request: RunRequest;
};

/** What becomes of one definition of jupyter-scheduler's. */
export type TakenOver = SchedulerImported['definitions'][number];

/** A trigger as it is asked for; what is left out has its default. */
export type TriggerRequest = Pick<Schemas['TriggerRequest'], 'kind' | 'spec'> &
  Partial<Schemas['TriggerRequest']>;

/** What is known of one cell of a session. */
export type CellState = SessionState['cells'][number];

/** A code cell as it is in the editor. */
export type OpenCell = Schemas['SessionStateQuestion']['cells'][number];

/** One page of a list; `next_cursor` is null on the last. */
export interface IPage<T> {
  items: T[];
  next_cursor: string | null;
}
