import { addIcon, closeIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { asSentence } from '../api/problem';
import type { GateKind } from '../api/types';
import { kindInWords, stepInWords } from '../models/words';
import { useModel, useTrans } from '../panel/hooks';
import { IconButton, TextButton } from '../panel/iconButton';
import { ProblemNotice } from '../panel/notice';
import { Field } from '../runjob/field';
import type { GateDraft } from './gateDraft';
import { OptionField } from './optionField';
import type { PlanDraft } from './planDraft';

/** The gates of a plan: to be added, filled in, and taken away. */
export function GatesEditor({ plan }: { plan: PlanDraft }): JSX.Element {
  const trans = useTrans();
  useModel(plan);
  React.useEffect(() => void plan.load(), [plan]);
  return (
    <fieldset className="jp-Mlops-gatesEditor">
      <legend>{trans.__('Gates')}</legend>
      {plan.problem && <ProblemNotice problem={plan.problem} />}
      {plan.gates.length === 0 && (
        <p className="jp-Mlops-fieldHelp">
          {trans.__(
            'Without gates, every model is good enough. A gate checks its metrics, compares it with the champion, tries it out, or asks a person.'
          )}
        </p>
      )}
      {plan.gates.map(gate => (
        <GateFields key={gate.id} plan={plan} gate={gate} />
      ))}
      {plan.kinds && <AddGate plan={plan} kinds={plan.kinds} />}
    </fieldset>
  );
}

function AddGate(props: {
  plan: PlanDraft;
  kinds: readonly GateKind[];
}): JSX.Element {
  const { plan, kinds } = props;
  const trans = useTrans();
  const [chosen, setChosen] = React.useState(kinds[0]?.kind ?? '');
  const kind = kinds.find(each => each.kind === chosen);
  return (
    <div className="jp-Mlops-addGate">
      <select
        className="jp-mod-styled"
        aria-label={trans.__('Kind of gate')}
        value={chosen}
        onChange={event => setChosen(event.target.value)}
      >
        {kinds.map(each => (
          <option key={each.kind} value={each.kind}>
            {kindInWords(each.kind)}
          </option>
        ))}
      </select>
      <TextButton
        icon={addIcon}
        label={trans.__('Add gate')}
        disabled={!kind}
        onClick={() => kind && plan.add(kind)}
      />
      {kind && <p className="jp-Mlops-fieldHelp">{kind.summary}</p>}
    </div>
  );
}

function GateFields(props: { plan: PlanDraft; gate: GateDraft }): JSX.Element {
  const { plan, gate } = props;
  const trans = useTrans();
  const name = kindInWords(gate.kind.kind);
  const refused = plan.problemOfGate(gate, '');
  const beforeProblem = plan.problemOfGate(gate, 'before');
  return (
    <div
      className="jp-Mlops-gateFields"
      role="group"
      aria-label={trans.__('Gate: %1', name)}
    >
      <div className="jp-Mlops-rowTitle">
        <strong>{name}</strong>
        <IconButton
          icon={closeIcon}
          label={trans.__('Remove the gate: %1', name)}
          onClick={() => plan.remove(gate)}
        />
      </div>
      <p className="jp-Mlops-fieldHelp">{gate.kind.summary}</p>
      {refused && <ProblemNotice problem={refused} />}
      {gate.options.map(option => (
        <OptionField
          key={option.name}
          plan={plan}
          gate={gate}
          option={option}
        />
      ))}
      <Field
        label={trans.__('Judged')}
        problem={beforeProblem && asSentence(beforeProblem)}
      >
        {described => (
          <select
            {...described}
            className="jp-mod-styled"
            name="before"
            value={gate.before}
            onChange={event =>
              plan.setBefore(gate, event.target.value as GateKind['before'])
            }
          >
            {gate.kind.steps.map(step => (
              <option key={step} value={step}>
                {stepInWords(step, trans)}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  );
}
