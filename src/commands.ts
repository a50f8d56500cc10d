/** The commands of this extension, for menus, shortcuts and other extensions. */
export namespace CommandIDs {
  /** Open the form that runs a notebook as a job; `path`, or `from: "file-browser"`, names it. */
  export const runAsJob = 'jupyter-mlops:run-as-job';
  /** Open the form of a job, to change it; `job` is its id. */
  export const editJob = 'jupyter-mlops:edit-job';
  /** Show a run in the sidebar; `run` is its id. */
  export const showRun = 'jupyter-mlops:show-run';
  /** Show the jobs in the sidebar. */
  export const showJobs = 'jupyter-mlops:show-jobs';
  /** Open a run's executed notebook; `path` is the run's `output_path`. */
  export const openExecuted = 'jupyter-mlops:open-executed-notebook';
  /** Open a notebook; `path` is relative to the server root. */
  export const openNotebook = 'jupyter-mlops:open-notebook';
  /** Put a notebook that is open and changed on disk; `path` is relative to the server root. */
  export const saveNotebook = 'jupyter-mlops:save-notebook';
  /** Open a notebook at a cell that failed; `path`, and the cell's id as `cell`. */
  export const fixCell = 'jupyter-mlops:fix-cell';
  /** Open a failed notebook in a kernel that is running; `path`, the kernel's id as `kernel`, the cell's as `cell`. */
  export const openInKernel = 'jupyter-mlops:open-in-kernel';
  /** Mark several runs in the sidebar, or leave it. */
  export const selectRuns = 'jupyter-mlops:select-runs';
  /** Remove old runs, after a look at which. */
  export const cleanUp = 'jupyter-mlops:clean-up';
  /** Plan, apply or write a file of jobs; `path`, or `from: "file-browser"`, names it. */
  export const jobsAsCode = 'jupyter-mlops:jobs-as-code';
  /** Make jobs of the job definitions of an installed jupyter-scheduler, after a look at which. */
  export const takeOverScheduler = 'jupyter-mlops:take-over-scheduler';
  /** Set up, test and remove the channels that tell how runs end. */
  export const channels = 'jupyter-mlops:channels';
  /** Switch the recording of the notebook in front. */
  export const toggleRecording = 'jupyter-mlops:toggle-recording';
  /** Open a registered model's page; `name`, and `version` for one of its versions. */
  export const openModel = 'jupyter-mlops:open-model';
  export const scoreTable = 'jupyter-mlops:score-table';
  /** Open the form that registers a run's model; `run` is the run's id. */
  export const registerModel = 'jupyter-mlops:register-model';
  /** Fetch anew all that the sidebar shows. */
  export const refresh = 'jupyter-mlops:refresh';
}
