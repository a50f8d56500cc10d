import React from 'react';
import { asSentence } from '../api/problem';
import { formatFire, formatRelative } from '../format';
import { useTrans } from '../panel/hooks';
import { Field } from './field';
import type { RunJobForm } from './form';
import { knownTimezones } from './schedule';
import { LIMITS } from './triggerSpec';

/** When to run: a cron expression and a time zone, with the next fires as one types. */
export function ScheduleFields({ form }: { form: RunJobForm }): JSX.Element {
  const { schedule } = form;
  const trans = useTrans();
  const zonesId = React.useId();
  const zones = React.useMemo(knownTimezones, []);
  const problemAt = (field: 'cron' | 'timezone') => {
    const problem =
      form.problemOf(field) ??
      (isAt(schedule.problem?.field, field) ? schedule.problem : null);
    return problem && asSentence(problem);
  };
  return (
    <>
      <Field
        label={trans.__('Cron expression')}
        problem={problemAt('cron')}
        help={trans.__('Minute, hour, day, month, weekday: 0 6 * * 1-5')}
      >
        {described => (
          <input
            {...described}
            type="text"
            className="jp-mod-styled"
            name="cron"
            autoComplete="off"
            spellCheck={false}
            placeholder="0 6 * * 1-5"
            value={schedule.cron}
            onChange={event => schedule.setCron(event.target.value)}
          />
        )}
      </Field>
      <Field label={trans.__('Time zone')} problem={problemAt('timezone')}>
        {described => (
          <>
            <input
              {...described}
              type="text"
              className="jp-mod-styled"
              name="timezone"
              list={zonesId}
              autoComplete="off"
              spellCheck={false}
              value={schedule.timezone}
              onChange={event => schedule.setTimezone(event.target.value)}
            />
            <datalist id={zonesId}>
              {zones.map(zone => (
                <option key={zone} value={zone} />
              ))}
            </datalist>
          </>
        )}
      </Field>
    </>
  );
}

/** A schedule's problem without a known field is shown at the expression. */
function isAt(field: string | null | undefined, input: string): boolean {
  const name = (field ?? '').replace(/^schedule\./, '');
  if (LIMITS.some(limit => limit === name)) {
    return false;
  }
  return name === 'timezone' ? input === 'timezone' : input === 'cron';
}

/** What the trigger does in words, with its next fires where they are known beforehand. */
export function Preview({ form }: { form: RunJobForm }): JSX.Element | null {
  const trans = useTrans();
  const { preview } = form.schedule;
  const box = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    box.current?.scrollIntoView?.({ block: 'nearest' });
  }, [preview]);
  if (!preview) {
    return null;
  }
  return (
    <div ref={box} className="jp-Mlops-preview" role="status">
      {preview.description && <p>{preview.description}</p>}
      {preview.next_fires.length > 0 && (
        <ol aria-label={trans.__('The next five runs')}>
          {preview.next_fires.map(fire => (
            <li key={fire}>
              <time dateTime={fire}>{formatFire(fire, preview.timezone)}</time>{' '}
              <span className="jp-Mlops-fieldHelp">{formatRelative(fire)}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
