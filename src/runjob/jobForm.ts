import type { JSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { asProblem } from '../api/problem';
import type { NotebookInspection, Parameter, Problem } from '../api/types';
import { PlanDraft } from '../registering/planDraft';
import {
  type IEnvironmentProblem,
  readEnvironment,
  writeEnvironment
} from './environment';
import { type Field, inputOf } from './inputs';
import { type OptionName, OptionsDraft } from './options';
import { type InvalidReason, readEntry } from './parameters';
import { textUnder, type Values } from './presets';

/**
 * What a notebook runs as, as it is typed, and what is wrong with it; `T` is what comes of it.
 *
 * A refusal leaves everything that was typed in place.
 */
export abstract class JobForm<T = unknown> implements IDisposable {
  constructor(
    protected readonly client: Client,
    readonly inspection: NotebookInspection
  ) {
    this.options.changed.connect((_, name) => this.onTyped(`policies.${name}`));
    this.plan = new PlanDraft(client.registry);
    this.plan.changed.connect(() => this.onTyped('registration'));
    this.fillParameters({});
  }

  readonly options = new OptionsDraft();
  /** How the model is registered, when one is named. */
  readonly plan: PlanDraft;

  /** The named parameters of the job. */
  abstract get presets(): Record<string, Values>;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  get name(): string {
    return this._name;
  }

  set name(name: string) {
    this._name = name;
    this.onTyped('name');
  }

  get registerModel(): string {
    return this._registerModel;
  }

  set registerModel(name: string) {
    this._registerModel = name;
    this.onTyped('register_model');
  }

  /** The kernel's variables as they are typed, `NAME=VALUE` a line. */
  get environment(): string {
    return this._environment;
  }

  set environment(text: string) {
    this._environment = text;
    this.onTyped('environment');
  }

  get environmentProblem(): IEnvironmentProblem | null {
    const read = readEnvironment(this._environment);
    return 'problem' in read && !this._isEnvironmentLeft ? read.problem : null;
  }

  /** The kernel's variables by name; what is wrong is left out. */
  get variables(): Record<string, string> {
    if (this._isEnvironmentLeft) {
      return this._givenVariables;
    }
    const read = readEnvironment(this._environment);
    return 'values' in read ? read.values : {};
  }

  /** The chosen kernel's name, or null for the one that the notebook names. */
  get kernel(): string | null {
    return this._kernel;
  }

  set kernel(name: string | null) {
    this._kernel = name;
    this.onTyped('kernel');
  }

  get isSubmitting(): boolean {
    return this._isSubmitting;
  }

  textOf(parameter: Parameter): string {
    return this._texts.get(parameter.name) ?? '';
  }

  setText(parameter: Parameter, text: string): void {
    this._texts.set(parameter.name, text);
    this.onTyped(`parameters.${parameter.name}`);
  }

  /** Fill in what a preset has, and the defaults of what it has not. */
  applyPreset(name: string): void {
    this.fillParameters(this.presets[name]);
    for (const parameter of this.inspection.parameters) {
      this.refused.delete(`parameters.${parameter.name}`);
    }
    this.onTyped('preset');
  }

  /** Under which name the parameters are to be kept, once they are accepted; '' for none. */
  get presetName(): string {
    return this._presetName;
  }

  set presetName(name: string) {
    this._presetName = name;
    this.onTyped('preset');
  }

  isChanged(parameter: Parameter): boolean {
    return readEntry(parameter, this.textOf(parameter)).kind !== 'unchanged';
  }

  /** Why the text cannot be a value of its parameter; known without asking the server. */
  invalidReason(parameter: Parameter): InvalidReason | null {
    const entry = readEntry(parameter, this.textOf(parameter));
    return entry.kind === 'invalid' ? entry.reason : null;
  }

  /** The server's refusal of an input, until that input is changed. */
  problemOf(field: Field): Problem | null {
    return this.refused.get(field) ?? null;
  }

  problemOfParameter(parameter: Parameter): Problem | null {
    return this.refused.get(`parameters.${parameter.name}`) ?? null;
  }

  problemOfOption(name: OptionName | 'notify'): Problem | null {
    return this.refused.get(`policies.${name}`) ?? null;
  }

  get hasOptionProblem(): boolean {
    return (
      this.environmentProblem !== null ||
      this.refused.has('environment') ||
      [...this.refused.keys()].some(name => name.startsWith('policies.'))
    );
  }

  /** A refusal that belongs to no input shown. */
  get generalProblem(): Problem | null {
    return this.refused.get('') ?? null;
  }

  get isValid(): boolean {
    return (
      this.options.isValid &&
      this.environmentProblem === null &&
      (!this.registers || this.plan.isValid) &&
      this.inspection.parameters.every(
        parameter => this.invalidReason(parameter) === null
      )
    );
  }

  /** Send it; returns what came of it, or null when it was refused (see the problems) or held back. */
  async submit(): Promise<T | null> {
    if (this.registers) {
      this.plan.markTried();
    }
    if (this._isSubmitting || !this.isValid) {
      return null;
    }
    this._isSubmitting = true;
    this.refused.clear();
    this.emitChanged();
    try {
      return await this.send();
    } catch (error) {
      this._refuse(asProblem(error));
      return null;
    } finally {
      this._isSubmitting = false;
      this.emitChanged();
    }
  }

  protected abstract send(): Promise<T | null>;

  /** Whether a refusal may be of one of the inputs that say when it runs. */
  protected get hasTrigger(): boolean {
    return false;
  }

  /** The server's refusals, by the input that each is shown at. */
  protected readonly refused = new Map<string, Problem>();

  protected get registers(): boolean {
    return this._registerModel.trim() !== '';
  }

  /** Show these values of the parameters, and the defaults of the others. */
  protected fillParameters(values: Values): void {
    for (const parameter of this.inspection.parameters) {
      this._texts.set(parameter.name, textUnder(values, parameter));
    }
  }

  /** Show these variables; they stay just so until something else is typed, whatever a line can hold. */
  protected fillEnvironment(variables: Record<string, string>): void {
    this._givenVariables = variables;
    this._environment = writeEnvironment(variables);
  }

  /** The parameters that differ from the notebook's defaults. */
  protected get values(): Values {
    const values: Record<string, JSONValue> = {};
    for (const parameter of this.inspection.parameters) {
      const entry = readEntry(parameter, this.textOf(parameter));
      if (entry.kind === 'value') {
        values[parameter.name] = entry.value;
      }
    }
    return values;
  }

  protected onTyped(input: string): void {
    this.refused.delete(input);
    this.refused.delete('');
    this.emitChanged();
  }

  protected emitChanged(): void {
    this._changed.emit();
  }

  private get _isEnvironmentLeft(): boolean {
    return this._environment === writeEnvironment(this._givenVariables);
  }

  private _refuse(problem: Problem): void {
    if (!this.plan.refuse(problem)) {
      const parameters = this.inspection.parameters.map(({ name }) => name);
      const input = inputOf(problem.field, parameters, this.hasTrigger);
      this.refused.set(input, problem);
    }
  }

  private _changed = new Signal<this, void>(this);
  private _texts = new Map<string, string>();
  private _name = '';
  private _presetName = '';
  private _registerModel = '';
  private _environment = '';
  private _givenVariables: Record<string, string> = {};
  private _kernel: string | null = null;
  private _isSubmitting = false;
  private _isDisposed = false;
}
