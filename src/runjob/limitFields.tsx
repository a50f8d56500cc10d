import React from 'react';
import { useTrans } from '../panel/hooks';
import { Field } from './field';
import type { RunJobForm } from './form';
import { TextField } from './triggerFields';
import { MISSED, TIMED } from './triggerSpec';

/** From when and until when a trigger fires, and what becomes of missed fires: folded, since nothing of it is needed. */
export function LimitFields({ form }: { form: RunJobForm }): JSX.Element {
  const { schedule } = form;
  const trans = useTrans();
  const [isOpen, setIsOpen] = React.useState(false);
  const changes = Object.keys(schedule.limits).length;
  const isTimed = (TIMED as readonly string[]).includes(schedule.kind);
  return (
    <details
      className="jp-Mlops-options jp-Mlops-folded"
      open={isOpen || form.hasLimitProblem}
      onToggle={event => setIsOpen(event.currentTarget.open)}
    >
      <summary>
        {trans.__('Start, end and missed times')}
        {changes > 0 && (
          <span className="jp-Mlops-badge">
            {trans.__('%1 changed', changes)}
          </span>
        )}
      </summary>
      <TextField
        form={form}
        field="starts_at"
        type="datetime-local"
        label={trans.__('Not before')}
      />
      <TextField
        form={form}
        field="ends_at"
        type="datetime-local"
        label={trans.__('Not after')}
        help={trans.__('In your own time zone.')}
      />
      {isTimed && <MissedField form={form} />}
      <TextField
        form={form}
        field="jitter_s"
        label={trans.__('Spread over')}
        placeholder={trans.__('not spread')}
        help={trans.__(
          'Each run waits up to so long, so that not all begin at once: 5m, say.'
        )}
      />
    </details>
  );
}

function MissedField({ form }: { form: RunJobForm }): JSX.Element {
  const { schedule } = form;
  const trans = useTrans();
  const words: Record<(typeof MISSED)[number], string> = {
    latest: trans.__('run once for all of them'),
    skip: trans.__('leave them out'),
    all: trans.__('run for each, up to 25')
  };
  return (
    <Field
      label={trans.__('Times that were missed')}
      help={trans.__('As when the machine was off.')}
    >
      {described => (
        <select
          {...described}
          className="jp-mod-styled"
          name="missed"
          value={schedule.textOf('missed')}
          onChange={event => schedule.setText('missed', event.target.value)}
        >
          {MISSED.map((missed, index) => (
            <option key={missed} value={index === 0 ? '' : missed}>
              {words[missed]}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
