import React from 'react';
import { asSentence } from '../api/problem';
import type { Parameter } from '../api/types';
import { useTrans } from '../panel/hooks';
import { Field } from './field';
import type { RunJobForm } from './form';
import {
  EVENTFUL,
  LIMITS,
  ON,
  PASSED,
  TIMED,
  type TriggerField,
  type TriggerKind
} from './triggerSpec';

/** What the fields below offer to choose from. */
export interface IOffers {
  models: readonly string[];
  jobs: readonly string[];
}

/** Which kind of trigger, of those that go by the clock or those that wait for something. */
export function KindField({ form }: { form: RunJobForm }): JSX.Element {
  const { schedule, when } = form;
  const trans = useTrans();
  const kinds: readonly TriggerKind[] = when === 'event' ? EVENTFUL : TIMED;
  const words: Record<TriggerKind, string> = {
    cron: trans.__('by a cron expression'),
    interval: trans.__('every so often'),
    once: trans.__('once'),
    file: trans.__('a file changes'),
    after: trans.__('another job has run'),
    registry: trans.__('a model has a new version'),
    http: trans.__('its address is called')
  };
  return (
    <Field label={when === 'event' ? trans.__('Event') : trans.__('Repeat')}>
      {described => (
        <select
          {...described}
          className="jp-mod-styled"
          name="kind"
          value={schedule.kind}
          onChange={event =>
            (schedule.kind = event.target.value as TriggerKind)
          }
        >
          {kinds.map(kind => (
            <option key={kind} value={kind}>
              {words[kind]}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** The inputs of every kind but cron. */
export function TriggerFields(props: {
  form: RunJobForm;
  offers: IOffers;
}): JSX.Element | null {
  const { form, offers } = props;
  const trans = useTrans();
  const at = (field: TriggerField) => ({ form, field });
  switch (form.schedule.kind) {
    case 'interval':
      return (
        <TextField
          {...at('seconds')}
          label={trans.__('Every')}
          placeholder={trans.__('15m')}
          help={trans.__('Such as 90s, 15m, 2h or 1d.')}
        />
      );
    case 'once':
      return (
        <TextField
          {...at('at')}
          label={trans.__('At')}
          type="datetime-local"
          help={trans.__('In your own time zone.')}
        />
      );
    case 'file':
      return (
        <>
          <TextField
            {...at('path')}
            label={trans.__('Path')}
            placeholder={trans.__('data/*.csv')}
            help={trans.__(
              'A file, a folder or a pattern, from the server root.'
            )}
          />
          <OnField form={form} />
          <PassFields form={form} />
        </>
      );
    case 'after':
      return (
        <>
          <TextField
            {...at('job')}
            label={trans.__('Job')}
            offered={offers.jobs}
          />
          <OnField form={form} />
          <PassFields form={form} />
        </>
      );
    case 'registry':
      return (
        <>
          <TextField
            {...at('model')}
            label={trans.__('Registered model')}
            offered={offers.models}
          />
          <OnField form={form} />
          {form.schedule.textOf('on') === 'alias' && (
            <TextField
              {...at('alias')}
              label={trans.__('Alias')}
              placeholder={trans.__('any')}
            />
          )}
          <PassFields form={form} />
        </>
      );
    case 'http':
      return <HttpFields form={form} />;
    default:
      return null;
  }
}

export function TextField(props: {
  form: RunJobForm;
  field: TriggerField;
  label: string;
  help?: string;
  placeholder?: string;
  type?: string;
  offered?: readonly string[];
}): JSX.Element {
  const { form, field, offered } = props;
  const { schedule } = form;
  const problem =
    form.problemOf(field) ??
    (isAt(schedule.problem?.field, field) ? schedule.problem : null);
  const offersId = React.useId();
  return (
    <Field
      label={props.label}
      help={props.help}
      problem={problem && asSentence(problem)}
    >
      {described => (
        <>
          <input
            {...described}
            type={props.type ?? 'text'}
            className="jp-mod-styled"
            name={field}
            list={offered && offersId}
            autoComplete="off"
            spellCheck={false}
            placeholder={props.placeholder}
            value={schedule.textOf(field)}
            onChange={event => schedule.setText(field, event.target.value)}
          />
          {offered && (
            <datalist id={offersId}>
              {offered.map(name => (
                <option key={name} value={name} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

/** What all kinds have has inputs of its own. */
const COMMON: readonly string[] = LIMITS;

/** The names of what is on screen: a problem of anything else is shown at the kind's first input. */
const FIRST: Partial<Record<TriggerField, true>> = {
  seconds: true,
  at: true,
  path: true,
  job: true,
  model: true
};

function isAt(field: string | null | undefined, input: TriggerField): boolean {
  const name = (field ?? '').replace(/^spec\./, '');
  return (
    name === input ||
    (FIRST[input] === true &&
      name !== 'alias' &&
      !COMMON.includes(name) &&
      !isPass(field))
  );
}

function OnField({ form }: { form: RunJobForm }): JSX.Element {
  const { schedule } = form;
  const trans = useTrans();
  const words: Record<string, Record<string, string>> = {
    file: {
      any: trans.__('made or changed'),
      created: trans.__('made'),
      changed: trans.__('changed')
    },
    after: {
      success: trans.__('it has succeeded'),
      failure: trans.__('it has failed'),
      any: trans.__('it has ended')
    },
    registry: {
      version: trans.__('a new version'),
      alias: trans.__('an alias moves')
    }
  };
  return (
    <Field label={trans.__('On')}>
      {described => (
        <select
          {...described}
          className="jp-mod-styled"
          name="on"
          value={schedule.textOf('on')}
          onChange={event => schedule.setText('on', event.target.value)}
        >
          {ON[schedule.kind]!.map((on, index) => (
            <option key={on} value={index === 0 ? '' : on}>
              {words[schedule.kind][on]}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** What of the event becomes the value of which parameter. */
function PassFields({ form }: { form: RunJobForm }): JSX.Element | null {
  const { schedule, inspection } = form;
  const trans = useTrans();
  const sources = PASSED[schedule.kind]!;
  const problem = isPass(schedule.problem?.field) ? schedule.problem : null;
  if (inspection.parameters.length === 0) {
    return null;
  }
  return (
    <>
      <Field
        label={trans.__('Fills the parameter')}
        problem={problem && asSentence(problem)}
      >
        {described => (
          <select
            {...described}
            className="jp-mod-styled"
            name="passTo"
            value={schedule.textOf('passTo')}
            onChange={event => schedule.setText('passTo', event.target.value)}
          >
            <option value="">{trans.__('none')}</option>
            {inspection.parameters.map(({ name }: Parameter) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      {schedule.textOf('passTo') !== '' && (
        <Field label={trans.__('With its')}>
          {described => (
            <select
              {...described}
              className="jp-mod-styled"
              name="passSource"
              value={schedule.textOf('passSource') || sources[0]}
              onChange={event =>
                schedule.setText('passSource', event.target.value)
              }
            >
              {sources.map(source => (
                <option key={source} value={source}>
                  {source}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
    </>
  );
}

function isPass(field: string | null | undefined): boolean {
  return /^(spec\.)?pass\b/.test(field ?? '');
}

function HttpFields({ form }: { form: RunJobForm }): JSX.Element {
  const { schedule } = form;
  const trans = useTrans();
  return (
    <Field
      label={trans.__('Signed calls only')}
      help={trans.__(
        'The address and its token are shown once, when the job is made. Signed calls never carry the token itself.'
      )}
    >
      {described => (
        <input
          {...described}
          type="checkbox"
          name="signed"
          checked={schedule.textOf('signed') === 'true'}
          onChange={event =>
            schedule.setText('signed', String(event.target.checked))
          }
        />
      )}
    </Field>
  );
}
