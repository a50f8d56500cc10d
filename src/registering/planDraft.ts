import { type ISignal, Signal } from '@lumino/signaling';
import type { RegistryClient } from '../api/registry';
import { asProblem } from '../api/problem';
import type {
  GateKind,
  GateSpec,
  Problem,
  RegistrationPlan
} from '../api/types';
import { GateDraft } from './gateDraft';
import type { IGateOption } from './gateOptions';

/** The inputs of a plan beside its gates, named as the server names its fields. */
export type PlanField = 'alias' | 'logged_model';

/** How a model is to be registered, as it is typed: its alias and its gates. */
export class PlanDraft {
  constructor(
    private readonly _registry: RegistryClient,
    alias = ''
  ) {
    this._texts = { alias, logged_model: '' };
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The kinds of gates that there are; null until they are known. */
  get kinds(): readonly GateKind[] | null {
    return this._kinds;
  }

  /** Why the kinds of gates are not known. */
  get problem(): Problem | null {
    return this._problem;
  }

  get gates(): readonly GateDraft[] {
    return this._gates;
  }

  /** Show a plan that there is; it stays just so until something is typed. */
  fill(plan: RegistrationPlan): void {
    const { alias, logged_model, gates } = plan;
    this._given = plan;
    this._texts = { alias: alias ?? '', logged_model: logged_model ?? '' };
    this._waiting = gates ?? [];
    this._gates = [];
    this._draftWaiting();
    this._isLeft = true;
  }

  /** Ask for the kinds of gates, once. */
  async load(): Promise<void> {
    if (this._isAsked) {
      return;
    }
    this._isAsked = true;
    try {
      this._kinds = await this._registry.gates();
    } catch (error) {
      this._problem = asProblem(error);
      this._isAsked = false;
    }
    this._draftWaiting();
    this._changed.emit();
  }

  textOf(field: PlanField): string {
    return this._texts[field];
  }

  setText(field: PlanField, text: string): void {
    this._texts[field] = text;
    this._onTyped();
  }

  add(kind: GateKind): void {
    this._gates = [...this._gates, new GateDraft(kind)];
    this._onTyped();
  }

  remove(gate: GateDraft): void {
    this._gates = this._gates.filter(each => each !== gate);
    this._onTyped();
  }

  setBefore(gate: GateDraft, before: GateKind['before']): void {
    gate.before = before;
    this._onTyped();
  }

  setOption(gate: GateDraft, option: IGateOption, text: string): void {
    gate.setText(option, text);
    this._onTyped();
  }

  get isValid(): boolean {
    return this._gates.every(gate => gate.isValid);
  }

  /** Mark what is missing as wrong, since it was sent so. */
  get isTried(): boolean {
    return this._isTried;
  }

  markTried(): void {
    this._isTried = true;
    this._changed.emit();
  }

  /** What would be sent; empty when all has its default. */
  get plan(): RegistrationPlan {
    if (this._isLeft) {
      return this._given;
    }
    const alias = this._texts.alias.trim();
    const logged_model = this._texts.logged_model.trim();
    const gates = [...this._gates.map(({ spec }) => spec), ...this._waiting];
    const given = this._given;
    return {
      ...('candidate' in given && { candidate: given.candidate }),
      ...('previous' in given && { previous: given.previous }),
      ...(alias !== '' && { alias }),
      ...(logged_model !== '' && { logged_model }),
      ...(gates.length > 0 && { gates })
    };
  }

  /** Take the server's refusal of a field of the plan; returns whether it is shown at one. */
  refuse(problem: Problem): boolean {
    this._refused = this._isShown(problem.field) ? problem : null;
    this._changed.emit();
    return this._refused !== null;
  }

  problemOf(field: PlanField): Problem | null {
    return this._refused?.field === `registration.${field}`
      ? this._refused
      : null;
  }

  /** What the server says of an option of a gate, of its `before`, or of the gate as a whole: ''. */
  problemOfGate(gate: GateDraft, option: string): Problem | null {
    const at = gateField(this._refused?.field);
    if (at === null || this._gates[at.index] !== gate) {
      return null;
    }
    const isNamed =
      at.option === 'before' ||
      gate.options.some(({ name }) => name === at.option);
    return (isNamed ? at.option : '') === option ? this._refused : null;
  }

  private _isShown(field: string | null): boolean {
    const at = gateField(field);
    return at
      ? at.index < this._gates.length
      : field === 'registration.alias' || field === 'registration.logged_model';
  }

  /** Show the gates that were given, once their kinds are known. */
  private _draftWaiting(): void {
    const kinds = this._kinds;
    if (kinds) {
      const drafts = this._waiting.map(
        spec => new GateDraft(kindOf(spec, kinds), spec)
      );
      this._gates = [...this._gates, ...drafts];
      this._waiting = [];
    }
  }

  private _onTyped(): void {
    this._isLeft = false;
    this._refused = null;
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _texts: Record<PlanField, string>;
  private _kinds: readonly GateKind[] | null = null;
  private _problem: Problem | null = null;
  private _gates: readonly GateDraft[] = [];
  private _given: RegistrationPlan = {};
  private _waiting: readonly GateSpec[] = [];
  private _isLeft = false;
  private _refused: Problem | null = null;
  private _isAsked = false;
  private _isTried = false;
}

/** The kind of a gate; of one that is not installed here nothing can be typed, and it stays as it is. */
function kindOf(spec: GateSpec, kinds: readonly GateKind[]): GateKind {
  const { kind, before = 'promote' } = spec;
  const unknown = { kind, before, steps: [before], summary: '', options: {} };
  return kinds.find(each => each.kind === kind) ?? unknown;
}

/** Which gate, and which of its options, the server means: `registration.gates[1].min`. */
function gateField(
  field: string | null | undefined
): { index: number; option: string } | null {
  const match = /^registration\.gates\[(\d+)\]\.?(\w*)/.exec(field ?? '');
  return match && { index: Number(match[1]), option: match[2] };
}
