import React from 'react';
import { asSentence } from '../api/problem';
import { useTrans } from '../panel/hooks';
import { Field } from './field';
import type { JobForm } from './jobForm';

/** Which kernel runs the job; where the notebook's own cannot, why, and another one chosen. */
export function KernelField({ form }: { form: JobForm }): JSX.Element {
  const trans = useTrans();
  const { kernel, kernel_problem, kernels } = form.inspection;
  const problem = form.problemOf('kernel');
  const own = kernels.find(({ name }) => name === kernel);
  const help =
    kernel_problem !== null && form.kernel !== null
      ? trans.__('%1 The kernel chosen here runs it instead.', kernel_problem)
      : kernel_problem;
  return (
    <Field
      label={trans.__('Kernel')}
      problem={problem && asSentence(problem)}
      help={help}
    >
      {described => (
        <select
          {...described}
          className="jp-mod-styled"
          name="kernel"
          value={form.kernel ?? ''}
          onChange={event => (form.kernel = event.target.value || null)}
        >
          {kernel_problem === null && (
            <option value="">
              {trans.__(
                'The notebook’s own: %1',
                own?.display_name ?? kernel ?? '?'
              )}
            </option>
          )}
          {kernel_problem !== null && form.kernel === null && (
            <option value="">{trans.__('Choose a kernel')}</option>
          )}
          {form.kernel !== null &&
            !kernels.some(({ name }) => name === form.kernel) && (
              <option value={form.kernel}>
                {trans.__('%1 (not installed)', form.kernel)}
              </option>
            )}
          {kernels.map(({ name, display_name }) => (
            <option key={name} value={name}>
              {display_name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
