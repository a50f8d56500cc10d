/** Real data, from the notebook to a governed model that is put to work, by the sidebar alone. */
import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import type { Locator } from '@playwright/test';
import { expect, type Mlops, test } from './mlops';
import { A_REGISTRATION, A_RUN, pageOf, press, train } from './registry';

test(
  'tumours: of four models three are good, one is refused, and the first stays champion',
  {
    tag: '@drill'
  },
  async ({ mlops }) => {
    test.setTimeout(1_200_000);
    const name = `scenario-tumours-${Date.now()}`;
    const run = (job: string, parameters: Record<string, string>) =>
      train(mlops, job, name, parameters, [
        ['Metric', { metric: 'accuracy', min: '0.9' }],
        ['Metric', { metric: 'roc_auc', min: '0.9' }],
        ['Better than champion', { metric: 'accuracy' }]
      ]);
    await mlops.open('breast-cancer/train');
    await mlops.openPanel();

    const good = await run('tumours-good', { C: '1', seed: '7' });
    await ends(good, 'succeeded');
    await expect(await detailsOf(good)).toContainText(/accuracy\s*0\.979/);
    const model = mlops.row('models', name);
    await expect(model).toContainText('champion', { timeout: A_REGISTRATION });

    // A bad one with a good AUC, and a good one that is no better: both at once.
    const bad = await run('tumours-bad', { C: '0.0001', seed: '7' });
    const other = await run('tumours-other', { C: '1', seed: '8' });
    await ends(bad, 'failed');
    const refused = await detailsOf(bad);
    await expect(refused).toContainText('0.678');
    await expect(refused).toContainText(/roc_auc\s*0\.976/);
    await mlops.picture('scenario-refused');
    await ends(other, 'succeeded');
    await expect(await detailsOf(other)).toContainText(
      'champion stays version 1'
    );

    // One that MLflow's own format refuses registers all the same.
    const boosting = await run('tumours-boosting', { model: 'boosting' });
    await ends(boosting, 'succeeded');
    await expect(await detailsOf(boosting)).toContainText(/accuracy\s*0\.965/);

    await model.getByRole('button', { name: new RegExp(`^${name}`) }).click();
    const page = pageOf(mlops, name);
    await expect(aliasOf(page, 'champion')).toContainText('version 1');
    await expect(aliasOf(page, 'candidate')).toContainText('version 3', {
      timeout: A_REGISTRATION
    });
    await mlops.picture('scenario-tumours');
  }
);

test(
  'penguins: two years are learnt, the third is scored by alias, as jobs',
  {
    tag: '@drill'
  },
  async ({ page, mlops }) => {
    test.setTimeout(1_200_000);
    const name = `scenario-penguins-${Date.now()}`;
    const table = new Table(mlops.folder);
    await mlops.open('penguins/train');
    await mlops.openPanel();
    await ends(await train(mlops, 'penguins-learn', name, {}, []), 'succeeded');

    await mlops.run('jupyter-mlops:open-model', { name });
    const modelPage = pageOf(mlops, name);
    const champion = aliasOf(modelPage, 'champion');
    await expect(champion).toContainText('version 1', {
      timeout: A_REGISTRATION
    });
    table.write();
    await modelPage.getByRole('button', { name: 'Score a table…' }).click();
    await press(mlops, 'Write the notebook');
    await expect(mlops.form).toContainText('Name the table to score');
    await fill(mlops, 'Table', '2009.parquet');
    await fill(mlops, 'Logical date', '2009-12-31');
    await mlops.picture('score-a-table');
    await press(mlops, 'Write the notebook');
    await expect(page.locator('.jp-Notebook:visible')).toContainText(
      `models:/${name}@champion`
    );
    await mlops.kernelIsIdle();

    // Each of the 120 rows is accounted for; once more changes nothing.
    const score = async (job: string) => {
      await mlops.openForm();
      await mlops.form.getByRole('textbox', { name: 'Job name' }).fill(job);
      await mlops.submit();
      await expect(mlops.form).toBeHidden();
      return mlops.row('runs', job).first();
    };
    const first = await score('penguins-score');
    await ends(first, 'succeeded');
    const counted = await detailsOf(first);
    for (const fact of [/rows\s*120/, /with_gaps\s*3/, /unscored\s*0/]) {
      await expect(counted).toContainText(fact);
    }
    const before = table.scores();
    expect(before).toMatchObject({ rows: 120, versions: [`${name}/1`] });
    expect(before.accuracy).toBeGreaterThan(0.98);
    await ends(await score('penguins-again'), 'succeeded');
    expect(table.scores()).toEqual(before);

    // The alias moves; the version with every row follows.
    await page.activity.activateTab('train.ipynb');
    const retrained = await train(
      mlops,
      'penguins-more',
      name,
      { seed: '8' },
      []
    );
    await ends(retrained, 'succeeded');
    await page.activity.activateTab(`score-${name}.ipynb`);
    await ends(await score('penguins-moved'), 'succeeded');
    expect(table.scores()).toMatchObject({
      rows: 120,
      versions: [`${name}/2`]
    });

    // A table that lacks what the model takes is refused by the column's name, and the scores stay.
    table.write('sex');
    const refused = await score('penguins-refused');
    await ends(refused, 'failed');
    await expect(await detailsOf(refused)).toContainText(
      'lacks the column `sex`'
    );
    await mlops.picture('scenario-score-refused');
    expect(table.scores()).toMatchObject({
      rows: 120,
      versions: [`${name}/2`]
    });
  }
);

async function ends(run: Locator, state: string): Promise<void> {
  await expect(run.locator('.jp-Mlops-stateName')).toHaveAttribute(
    'data-state',
    /succeeded|failed/,
    { timeout: A_RUN }
  );
  await expect(run).toContainText(state);
}

/** What an unfolded run says of itself. */
async function detailsOf(run: Locator): Promise<Locator> {
  const details = run.getByRole('region');
  if (!(await details.isVisible())) {
    await run.getByRole('button').first().click();
  }
  return details;
}

function aliasOf(page: Locator, alias: string): Locator {
  return page
    .getByRole('group', { name: 'Aliases' })
    .locator(`[data-alias="${alias}"]`)
    .first();
}

async function fill(mlops: Mlops, name: string, text: string): Promise<void> {
  await mlops.form.getByRole('textbox', { name }).fill(text);
}

/** The penguins of 2009, on the server's disk: as they come to be scored, and as they were. */
class Table {
  constructor(folder: string) {
    this._folder = path.join(process.env.UI_TESTS_HOME!, 'root', folder);
  }

  /** Write it, without the species and this column. */
  write(without = 'species'): void {
    this._python(
      `table.drop(columns={'species', ${JSON.stringify(without)}}).to_parquet('2009.parquet')`
    );
  }

  /** What lies in the file of the scores. */
  scores(): {
    rows: number;
    versions: string[];
    accuracy: number;
    written: number;
  } {
    return JSON.parse(
      this._python(`
path = 'scores/logical_date=2009-12-31/scores.parquet'
scores = pandas.read_parquet(path)
print(json.dumps({
    'rows': len(scores),
    'versions': sorted(set(scores.model_version)),
    'accuracy': float((scores.prediction.to_numpy() == table.species.to_numpy()).mean()),
    'written': os.stat(path).st_mtime_ns / 1e9,
}))`)
    );
  }

  private _python(code: string): string {
    const table = `
import json, os, pandas
from palmerpenguins import load_penguins
table = load_penguins()
table = table[table.year == 2009].reset_index(drop=True)
`;
    return execFileSync('python', ['-c', table + code], {
      cwd: this._folder,
      encoding: 'utf8'
    });
  }

  private readonly _folder: string;
}
