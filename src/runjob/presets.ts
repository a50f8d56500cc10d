import type { JSONValue } from '@lumino/coreutils';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type { Job, Parameter, Problem } from '../api/types';
import { initialText, textOf } from './parameters';

export type Values = Record<string, JSONValue>;

/** The named parameters of the job of a name, if there is such a job of the notebook. */
export function presetsOf(
  jobs: readonly Job[],
  jobName: string
): Record<string, Values> {
  const job = jobs.find(({ name }) => name === jobName);
  return (job?.presets ?? {}) as Record<string, Values>;
}

/** What the input of a parameter shows under a preset; what the preset leaves out has its default. */
export function textUnder(values: Values, parameter: Parameter): string {
  return parameter.name in values
    ? textOf(parameter, values[parameter.name])
    : initialText(parameter);
}

/** Add a preset to a job, or put it in the place of one of that name; returns why that failed, if it did. */
export async function savePreset(
  client: Client,
  jobId: string,
  name: string,
  values: Values
): Promise<Problem | null> {
  try {
    const { presets } = await client.job(jobId);
    await client.changeJob(jobId, { presets: { ...presets, [name]: values } });
    return null;
  } catch (error) {
    return asProblem(error);
  }
}
