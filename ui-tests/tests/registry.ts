/** What a user does with models: the form's gates, the model's page. */
import type { Locator } from '@playwright/test';
import { expect, type Mlops } from './mlops';

/** A run starts a kernel and a training, on a machine that may be busy. */
export const A_RUN = 300_000;
/** A registration asks the tracking server several times, and may try the model out. */
export const A_REGISTRATION = 180_000;

/** Press a button of the dialog in front once it says so. */
export async function press(mlops: Mlops, name: string): Promise<void> {
  await mlops.form.getByRole('button', { name, exact: true }).click({
    timeout: A_REGISTRATION
  });
}

/** Add a gate to the form in front, and fill in its options. */
export async function addGate(
  mlops: Mlops,
  kind: string,
  options: Record<string, string> = {}
): Promise<Locator> {
  await mlops.form
    .getByRole('combobox', { name: 'Kind of gate' })
    .selectOption({ label: kind });
  await mlops.form.getByRole('button', { name: 'Add gate' }).click();
  const gate = mlops.form.getByRole('group', { name: `Gate: ${kind}` }).last();
  for (const [name, text] of Object.entries(options)) {
    await gate.locator(`input[name="${name}"]`).fill(text);
  }
  return gate;
}

/** The page of a model, in the main area. */
export function pageOf(mlops: Mlops, model: string): Locator {
  return mlops.page.getByRole('region', { name: `Registered model ${model}` });
}

/** What a gate is called in the form, with the options that are filled in. */
type Gate = [kind: string, options?: Record<string, string>];

const GOOD_ENOUGH: Gate[] = [['Metric', { metric: 'accuracy', min: '0.9' }]];

/** Train by the form of “Run as job…” into a model that becomes champion once its gates have passed. */
export async function train(
  mlops: Mlops,
  job: string,
  model: string,
  parameters: Record<string, string> = {},
  gates = GOOD_ENOUGH
): Promise<Locator> {
  await mlops.openForm();
  for (const [name, text] of Object.entries(parameters)) {
    await mlops.form
      .getByRole('textbox', { name: new RegExp(`^${name} `) })
      .fill(text);
  }
  await mlops.form.getByRole('textbox', { name: 'Job name' }).fill(job);
  await mlops.form
    .getByRole('combobox', { name: 'Register model as' })
    .fill(model);
  await mlops.form.getByRole('combobox', { name: 'Alias' }).fill('champion');
  for (const [kind, options] of gates) {
    await addGate(mlops, kind, options);
  }
  await mlops.picture(`form-gates-${job}`);
  await mlops.submit();
  await expect(mlops.form).toBeHidden();
  return mlops.row('runs', job);
}
