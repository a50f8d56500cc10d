import AxeBuilder from '@axe-core/playwright';
import { expect, type Mlops, test } from './mlops';

const THEMES = ['JupyterLab Light', 'JupyterLab Dark'];
const PAGE = '.jp-Mlops-modelPage';
const DIALOG = '.jp-Mlops-dialog';
/** A run imports MLflow first, on a machine that may be busy. */
const A_RUN = 300_000;
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 480, height: 800 };

/** What each part of the page shows once its answer is there. */
const PARTS = {
  Versions: 'Versions, newest first',
  'Gates and facts': 'became champion',
  Compare: 'Parameters',
  Lineage: 'model version',
  'Model card': 'Download Markdown',
  Serve: 'Serve version',
  'Alias history': 'Moves of aliases'
};

/** Three versions, of which the last waits for a person, and a model that a gate refuses. */
const registering = (name: string) => `
%load_ext jupyter_mlops
import mlflow
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression

X, y = load_wine(return_X_y=True, as_frame=True)

def fit(C):
    model = LogisticRegression(C=C, max_iter=100).fit(X, y)
    mlflow.log_params({"C": C, "max_iter": 100})
    mlflow.log_metrics({"accuracy": model.score(X, y), "iterations": int(model.n_iter_[0])})
    return model

with mlflow.start_run():
    model = fit(0.001)
    %mlops register ${name} --from model --alias champion --gate "metric:accuracy>=0.5"
with mlflow.start_run():
    model = fit(1.0)
    %mlops register ${name} --from model --alias champion --gate "metric:accuracy>=0.9"
with mlflow.start_run():
    model = fit(0.1)
    %mlops register ${name} --from model --alias champion --gate "metric:accuracy>=0.5" --gate approval
with mlflow.start_run():
    model = fit(0.00001)
    %mlops register ${name} --from model --alias champion --gate "metric:accuracy>=0.999"
`;

test('the page of a model and its dialogs can be read in light and dark, wide and narrow, and pass axe', async ({
  page,
  mlops,
  request
}) => {
  const name = `wine-${Date.now()}`;
  const answer = await request.post('/jupyter-mlops/api/runs', {
    data: { notebook: await mlops.upload('nameless'), name: 'nameless' }
  });
  const run = (await answer.json()).id;
  const state = async () =>
    (await (await request.get(`/jupyter-mlops/api/runs/${run}`)).json()).state;
  // The first to ask MLflow for anything makes its database, which two cannot do at once.
  await expect.poll(state, { timeout: A_RUN }).toBe('succeeded');
  await mlops.open('plain', 'wine');
  await mlops.openPanel();
  await mlops.write(1, registering(name));
  await mlops.runCell(1);
  const inSidebar = mlops.row('models', name);
  await expect(inSidebar).toContainText('Version 3');
  await mlops.run('jupyter-mlops:open-model', { name });
  const modelPage = page.getByRole('region', {
    name: `Registered model ${name}`
  });
  await expect(modelPage).toContainText('Waiting for approval');
  await mlops.picture('page-beside-sidebar');
  await page.sidebar.close('left');

  for (const theme of THEMES) {
    await page.theme.setTheme(theme);
    const shade = theme.split(' ')[1].toLowerCase();
    await mlops.run('jupyter-mlops:open-model', { name, version: '2' });
    for (const [tab, text] of Object.entries(PARTS)) {
      await modelPage.getByRole('tab', { name: tab, exact: true }).click();
      await expect(modelPage.getByRole('tabpanel')).toContainText(text);
      await look(mlops, PAGE, `page-${hyphened(tab)}-${shade}`);
    }

    await modelPage.getByRole('button', { name: 'Move an alias…' }).click();
    await expect(
      mlops.form.getByRole('combobox', { name: 'To', exact: true })
    ).toHaveValue('3');
    await look(mlops, DIALOG, `dialog-move-${shade}`);
    await mlops.form.getByRole('button', { name: 'Cancel' }).click();

    await modelPage
      .getByRole('button', { name: 'Roll back champion…' })
      .click();
    await mlops.submit();
    await expect(mlops.form).toContainText('Say why');
    await look(mlops, DIALOG, `dialog-roll-back-${shade}`);
    await mlops.form.getByRole('button', { name: 'Cancel' }).click();

    const closed = mlops.run('jupyter-mlops:register-model', { run });
    for (const kind of ['Metric', 'Better than champion', 'Approval']) {
      await mlops.form
        .getByRole('combobox', { name: 'Kind of gate' })
        .selectOption({ label: kind });
      await mlops.form.getByRole('button', { name: 'Add gate' }).click();
    }
    await mlops.submit();
    await expect(mlops.form).toContainText('The gate needs it.');
    await look(mlops, DIALOG, `dialog-register-${shade}`);
    await mlops.form.getByRole('button', { name: 'Close' }).click();
    await closed;
  }

  // A roll back is told wherever the version is shown, with no look from anybody.
  await mlops.showPanel();
  await modelPage.getByRole('tab', { name: 'Gates and facts' }).click();
  await modelPage.getByRole('button', { name: 'Roll back champion…' }).click();
  await mlops.form.getByRole('textbox', { name: 'Reason' }).fill('too slow');
  await mlops.submit();
  await expect(mlops.form).toBeHidden();
  await expect(
    inSidebar.getByRole('listitem').filter({ hasText: 'Version 1' })
  ).toContainText('champion');
  await expect(modelPage).toContainText('The alias champion has moved since.');
  await mlops.picture('page-rolled-back');
});

function hyphened(text: string): string {
  return text.toLowerCase().replace(/ /g, '-');
}

/** Look at a part of the window, wide and narrow: nothing sticks out of it, and axe finds no fault. */
async function look(mlops: Mlops, part: string, name: string): Promise<void> {
  const { page } = mlops;
  for (const [width, size] of Object.entries({ wide: WIDE, narrow: NARROW })) {
    await page.setViewportSize(size);
    await mlops.picture(`${name}-${width}`);
    const overflowing = await page
      .locator(part)
      .evaluate(node =>
        [node, ...node.querySelectorAll('.jp-Mlops-form, [role="tabpanel"]')]
          .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
          .map(({ className }) => className)
      );
    expect.soft(overflowing, `${name}-${width}`).toEqual([]);
  }
  const axe = new AxeBuilder({ page }).include(part);
  if (name.endsWith('dark')) {
    axe.withRules('color-contrast'); // the rest is as it was in light
  }
  const { violations } = await axe.analyze();
  const found = violations.map(({ id, nodes }) => [id, nodes[0].html]);
  expect.soft(found, name).toEqual([]);
  await page.setViewportSize(WIDE);
}
