import React from 'react';
import { asSentence } from '../api/problem';
import { useTrans } from '../panel/hooks';
import { EnvironmentField } from './environmentField';
import { Field } from './field';
import type { JobForm } from './jobForm';
import {
  EVENTS,
  type EventName,
  JUPYTERLAB,
  type OptionName,
  OPTIONS,
  type OptionsDraft
} from './options';

/** How runs are retried, limited, kept apart and told about: folded, since nothing of it is needed. */
export function OptionsFields(props: {
  form: JobForm;
  /** The names of channels other than JupyterLab's own. */
  channels: readonly string[];
}): JSX.Element {
  const { form } = props;
  const { options } = form;
  const trans = useTrans();
  const groups = useGroups();
  const [isOpen, setIsOpen] = React.useState(false);
  const isWrong = !options.isValid || form.hasOptionProblem;
  const hasVariables = Object.keys(form.variables).length > 0;
  const changes = options.changes + (hasVariables ? 1 : 0);
  return (
    <details
      className="jp-Mlops-options"
      open={isOpen || isWrong}
      onToggle={event => setIsOpen(event.currentTarget.open)}
    >
      <summary>
        {trans.__('Options')}
        {changes > 0 && (
          <span className="jp-Mlops-badge">
            {trans.__('%1 changed', changes)}
          </span>
        )}
      </summary>
      {groups.map(([legend, names]) => (
        <fieldset key={legend}>
          <legend>{legend}</legend>
          {names
            .filter(name => options.isOffered(name))
            .map(name => (
              <OptionField key={name} form={form} name={name} />
            ))}
        </fieldset>
      ))}
      <EnvironmentField form={form} />
      <NotifyFields options={options} channels={props.channels} />
    </details>
  );
}

function OptionField(props: { form: JobForm; name: OptionName }): JSX.Element {
  const { form, name } = props;
  const { options } = form;
  const trans = useTrans();
  const { label, help, placeholder, choices } = useWords()[name];
  const { minimum, maximum, kind } = OPTIONS[name];
  const problem = options.problemOf(name);
  const refused = form.problemOfOption(name);
  const messages = {
    'not-whole': trans.__('Type a whole number.'),
    'not-a-duration': trans.__('Type a time, such as 90s, 15m or 2h.'),
    'not-an-address': trans.__('Type an address, such as s3://bucket/prefix.'),
    'out-of-range':
      kind === 'whole'
        ? trans.__('Type a number from %1 to %2.', minimum, maximum)
        : trans.__('This is too short, or longer than 31 days.')
  };
  return (
    <Field
      label={label}
      help={help}
      problem={
        (problem && messages[problem]) ?? (refused && asSentence(refused))
      }
    >
      {described =>
        choices ? (
          <select
            {...described}
            className="jp-mod-styled"
            name={name}
            value={options.textOf(name)}
            onChange={event => options.setText(name, event.target.value)}
          >
            {Object.entries(choices).map(([choice, words]) => (
              <option key={choice} value={choice}>
                {words}
              </option>
            ))}
          </select>
        ) : (
          <input
            {...described}
            type="text"
            className="jp-mod-styled"
            name={name}
            autoComplete="off"
            spellCheck={false}
            inputMode={
              kind === 'whole' && minimum! >= 0 ? 'numeric' : undefined
            }
            placeholder={placeholder}
            value={options.textOf(name)}
            onChange={event => options.setText(name, event.target.value)}
          />
        )
      }
    </Field>
  );
}

function NotifyFields(props: {
  options: OptionsDraft;
  channels: readonly string[];
}): JSX.Element {
  const { options, channels } = props;
  const trans = useTrans();
  const words: Record<EventName, string> = {
    failed: trans.__('it fails'),
    succeeded: trans.__('it succeeds'),
    recovered: trans.__('it succeeds after failures'),
    longer_than_usual: trans.__('it takes longer than usual'),
    started: trans.__('it starts')
  };
  return (
    <fieldset>
      <legend>
        {channels.length > 0
          ? trans.__('Tell me when')
          : trans.__('Tell me in JupyterLab when')}
      </legend>
      <div className="jp-Mlops-radios">
        {EVENTS.map(event => (
          <label key={event}>
            <input
              type="checkbox"
              checked={options.isTold(event)}
              onChange={({ target }) => options.setTold(event, target.checked)}
            />
            {words[event]}
          </label>
        ))}
      </div>
      {channels.length > 0 && (
        <div
          className="jp-Mlops-radios"
          role="group"
          aria-label={trans.__('Tell me by')}
        >
          <span className="jp-Mlops-fieldHelp">{trans.__('by')}</span>
          {[JUPYTERLAB, ...channels].map(channel => (
            <label key={channel}>
              <input
                type="checkbox"
                checked={options.isToldBy(channel)}
                onChange={({ target }) =>
                  options.setToldBy(channel, target.checked)
                }
              />
              {channel === JUPYTERLAB ? trans.__('JupyterLab') : channel}
            </label>
          ))}
        </div>
      )}
    </fieldset>
  );
}

function useGroups(): [string, OptionName[]][] {
  const trans = useTrans();
  return [
    [
      trans.__('If it fails'),
      ['max_attempts', 'retry_delay_s', 'keep_kernel_s', 'preflight']
    ],
    [trans.__('Time limits'), ['cell_timeout_s', 'timeout_s']],
    [trans.__('Beside other runs'), ['overlap', 'max_parallel', 'priority']],
    [trans.__('Executed notebooks'), ['output_url']]
  ];
}

interface IWords {
  label: string;
  help?: string;
  placeholder?: string;
  choices?: Record<string, string>;
}

function useWords(): Record<OptionName, IWords> {
  const trans = useTrans();
  const noLimit = trans.__('no limit');
  return {
    max_attempts: {
      label: trans.__('Attempts'),
      help: trans.__(
        'How often a run is tried in all. Only where trying again does no harm.'
      )
    },
    retry_delay_s: {
      label: trans.__('Wait before the next'),
      help: trans.__('Each further wait is twice as long.')
    },
    keep_kernel_s: {
      label: trans.__('Keep the kernel for'),
      placeholder: trans.__('not kept'),
      help: trans.__(
        'So that a failed run can be fixed and resumed at its cell: 30m, say.'
      )
    },
    preflight: {
      label: trans.__('Check beforehand'),
      help: trans.__('Kernel, imports, files, tracking server and disk.'),
      choices: {
        warn: trans.__('and warn'),
        refuse: trans.__('and refuse what is sure to fail'),
        off: trans.__('no')
      }
    },
    cell_timeout_s: { label: trans.__('Each cell'), placeholder: noLimit },
    timeout_s: {
      label: trans.__('Each attempt'),
      placeholder: noLimit,
      help: trans.__('Such as 90s, 15m or 2h.')
    },
    overlap: {
      label: trans.__('While one is running'),
      choices: {
        skip: trans.__('skip what a trigger asks for'),
        queue: trans.__('wait for it'),
        cancel_previous: trans.__('cancel it'),
        allow: trans.__('run beside it')
      }
    },
    max_parallel: {
      label: trans.__('At most at once'),
      placeholder: '100'
    },
    priority: {
      label: trans.__('Priority'),
      help: trans.__('From -100 to 100; the highest is taken first.')
    },
    output_url: {
      label: trans.__('Keep a copy at'),
      placeholder: trans.__('s3://bucket/prefix'),
      help: trans.__(
        'A place outside this machine. Its password is no part of the address.'
      )
    }
  };
}
