import { expect, test } from './mlops';

// First in the alphabet, so that nothing has run on this server yet.

test('every section of a fresh server teaches what would be in it', async ({
  mlops
}) => {
  await mlops.openPanel();
  for (const [section, words] of [
    ['cells', 'No notebook is open'],
    ['runs', 'No runs yet'],
    ['jobs', 'No jobs yet'],
    ['models', 'No registered models yet']
  ] as const) {
    await expect(mlops.section(section).getByText(words)).toBeVisible();
  }
  await mlops.picture('empty');
});

test('a notebook without recorded cells says how to record them', async ({
  mlops
}) => {
  await mlops.open('plain');
  await mlops.openPanel();
  const cells = mlops.section('cells');
  await expect(cells.getByText('%load_ext jupyter_mlops')).toBeVisible();
  await expect(cells.getByRole('switch')).not.toBeChecked();
  await mlops.picture('empty-notebook');
});
