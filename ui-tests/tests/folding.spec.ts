import { expect, test } from './mlops';

test('a section that was folded is folded when the page is loaded again', async ({
  page,
  mlops
}) => {
  await mlops.openPanel();
  const title = (name: string) =>
    mlops.panel.locator('.lm-AccordionPanel-title', { hasText: name });
  const saved = page.waitForResponse(
    answer =>
      answer.url().includes('/api/workspaces') &&
      answer.request().method() === 'PUT' &&
      (answer.request().postData() ?? '').includes('folded-sections')
  );
  await title('Jobs').click();
  await expect(title('Jobs')).toHaveAttribute('aria-expanded', 'false');
  await saved;

  await page.reload();
  await mlops.openPanel();
  await expect(title('Jobs')).toHaveAttribute('aria-expanded', 'false');
  await expect(title('Runs')).toHaveAttribute('aria-expanded', 'true');
});
