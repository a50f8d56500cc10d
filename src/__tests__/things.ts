import type {
  CellState,
  Execution,
  GateResult,
  Job,
  ModelList,
  ModelPage,
  ModelVersion,
  ModelVersionPage,
  NotebookInspection,
  Parameter,
  Registration,
  Run,
  Serving,
  SessionState,
  Status
} from '../api/types';

const MOMENT = '2026-11-21T08:00:00Z';

export function aRun(given: Partial<Run> = {}): Run {
  return {
    id: 'r1',
    job_id: 'j1',
    job_name: 'train',
    notebook: 'train.ipynb',
    state: 'succeeded',
    reason: null,
    message: null,
    parameters: {},
    kernel: null,
    register_model: null,
    scheduled_for: null,
    created_at: MOMENT,
    started_at: MOMENT,
    ended_at: MOMENT,
    duration_s: 12,
    cells_total: 7,
    cells_done: 7,
    failed_cell: null,
    output_path: 'mlops-runs/train/r1/train.ipynb',
    snapshot_sha: 'abcdef0123456789',
    mlflow_run_id: null,
    mlflow_experiment_id: null,
    metrics: {},
    model_name: null,
    model_version: null,
    cancel_requested: false,
    ...given
  };
}

export function aJob(given: Partial<Job> = {}): Job {
  return {
    id: 'j1',
    name: 'train',
    notebook: 'train.ipynb',
    parameters: {},
    kernel: null,
    register_model: null,
    trigger: null,
    created_at: MOMENT,
    updated_at: MOMENT,
    last_run: null,
    ...given
  };
}

export function anExecution(given: Partial<Execution> = {}): Execution {
  return {
    id: 'e1',
    session_id: 's1',
    notebook: 'train.ipynb',
    run_id: null,
    cell_id: 'c1',
    cell_key: 'c1',
    key_kind: 'id',
    seq: 1,
    execution_count: 3,
    source_sha: 'sha',
    source: '\nmodel.fit(X, y)\nprint(1)',
    status: 'ok',
    error_name: null,
    error_message: null,
    started_at: MOMENT,
    ended_at: MOMENT,
    duration_s: 0.25,
    stdout_bytes: 0,
    stderr_bytes: 0,
    outputs: [],
    ...given
  };
}

export function aVersion(given: Partial<ModelVersion> = {}): ModelVersion {
  return {
    version: '1',
    aliases: [],
    created_at: MOMENT,
    mlflow_run_id: null,
    run_id: null,
    notebook: null,
    snapshot_sha: null,
    metrics: {},
    can_run_code: false,
    gate: null,
    ...given
  };
}

export function aModelList(given: Partial<ModelList> = {}): ModelList {
  return {
    items: [],
    answered_at: MOMENT,
    age_s: 0,
    problem: null,
    ...given
  };
}

export function aGateResult(given: Partial<GateResult> = {}): GateResult {
  return {
    kind: 'metric',
    before: 'register',
    verdict: 'passed',
    message: 'accuracy is 0.979.',
    would_pass: null,
    seen: {},
    duration_s: 0.01,
    ...given
  };
}

export function aRegistration(given: Partial<Registration> = {}): Registration {
  return {
    id: 'g1',
    model: 'cancer',
    version: '2',
    state: 'awaiting_approval',
    message: null,
    notebook: 'train.ipynb',
    run_id: 'r4',
    mlflow_run_id: null,
    model_id: null,
    plan: { alias: 'champion', candidate: 'candidate', previous: 'previous' },
    gates: [aGateResult()],
    requested_by: 'ann',
    decided_by: null,
    decision: null,
    comment: null,
    decided_at: null,
    created_at: MOMENT,
    updated_at: MOMENT,
    ended_at: null,
    ...given
  };
}

export function aModelPage(given: Partial<ModelPage> = {}): ModelPage {
  return {
    name: 'cancer',
    description: null,
    aliases: {},
    versions: [],
    moves: [],
    registrations: [],
    age_s: 0,
    problem: null,
    ...given
  };
}

export function aVersionPage(
  given: Partial<ModelVersionPage> = {}
): ModelVersionPage {
  return {
    name: 'cancer',
    version: '2',
    aliases: [],
    created_at: MOMENT,
    description: null,
    metrics: {},
    params: {},
    tags: {},
    signature: null,
    has_input_example: false,
    input_example: null,
    flavors: ['sklearn'],
    serialization: 'skops',
    can_run_code: false,
    size_bytes: 12_000,
    checksums: {},
    checksum_problem: null,
    requirements: [],
    data: [],
    mlflow_run_id: null,
    model_id: null,
    run_id: null,
    notebook: null,
    snapshot_sha: null,
    commit: null,
    registration: null,
    ...given
  };
}

export function aServing(given: Partial<Serving> = {}): Serving {
  return {
    id: 's1',
    model: 'cancer',
    version: '2',
    state: 'ready',
    url: 'http://127.0.0.1:5001',
    pid: 77,
    started_at: MOMENT,
    message: null,
    log: [],
    ...given
  };
}

export function aStatus(given: Partial<Status> = {}): Status {
  return {
    version: '0.1.0',
    root: '/home/ann',
    data_dir: '/home/ann/.local/share/jupyter/mlops',
    store: 'sqlite:///mlops.db',
    tracking: { uri: 'sqlite:///mlflow.db', source: 'default' },
    workers: [
      {
        id: 'w1',
        host: 'ann-pc',
        pid: 7,
        slots: 2,
        started_at: MOMENT,
        heartbeat_at: MOMENT
      }
    ],
    kernels: [],
    ...given
  };
}

export function aParameter(given: Partial<Parameter> = {}): Parameter {
  return {
    name: 'C',
    type: 'float',
    default: 1,
    expression: null,
    help: null,
    choices: null,
    nullable: false,
    ...given
  };
}

export function anInspection(
  given: Partial<NotebookInspection> = {}
): NotebookInspection {
  return {
    notebook: 'train.ipynb',
    name: 'train',
    sha: 'abc',
    nbformat: '4.5',
    language: 'python',
    kernel: 'python3',
    kernel_problem: null,
    default_kernel: 'python3',
    kernels: [
      { name: 'python3', display_name: 'Python 3', language: 'python' }
    ],
    code_cells: 7,
    has_parameters_cell: true,
    parameters: [aParameter()],
    warnings: [],
    ...given
  };
}

export function aLastExecution(
  given: Partial<NonNullable<CellState['last']>> = {}
): NonNullable<CellState['last']> {
  return {
    execution_id: 'e1',
    status: 'ok',
    started_at: MOMENT,
    duration_s: 1.3,
    memory_peak_bytes: null,
    execution_count: 3,
    ...given
  };
}

export function aCellState(given: Partial<CellState> = {}): CellState {
  return {
    cell: 'c1',
    stale: false,
    reasons: [],
    last: aLastExecution(),
    slower: null,
    ...given
  };
}

export function aSessionState(given: Partial<SessionState> = {}): SessionState {
  return {
    session_id: 's1',
    clean: false,
    reasons: [],
    cells: [aCellState()],
    ...given
  };
}
