import type { Contents } from '@jupyterlab/services';
import { ContentsManagerMock } from '@jupyterlab/services/lib/testutils';
import { workingCopy } from '../plugin';

describe('workingCopy', () => {
  it('is made beside the run’s own notebook once, and found again', async () => {
    const contents = withCopy(new ContentsManagerMock());
    const { path: dir } = await contents.newUntitled({ type: 'directory' });
    const { path } = await contents.newUntitled({
      type: 'notebook',
      path: dir
    });
    const failed = await contents.rename(path, `${dir}/train.ipynb`);
    const copy = await workingCopy(contents, failed.path);
    expect(copy).toBe(`${dir}/train-worked-on.ipynb`);
    await expect(contents.get(failed.path)).resolves.toBeTruthy();
    expect(await workingCopy(contents, failed.path)).toBe(copy);
    const { content } = await contents.get(dir);
    expect(content.map(({ name }: any) => name).sort()).toEqual([
      'train-worked-on.ipynb',
      'train.ipynb'
    ]);
  });
});

/** JupyterLab's mock has no `copy`; the server names one by itself, as this does. */
function withCopy(contents: Contents.IManager): Contents.IManager {
  contents.copy = async (path, toDir) => {
    const { content } = await contents.get(path);
    const made = await contents.newUntitled({ type: 'notebook', path: toDir });
    return contents.save(made.path, { ...made, content });
  };
  return contents;
}
