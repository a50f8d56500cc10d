import { expect, test } from './mlops';

test('a failure is toasted, rings the bell until it is seen, and leads to its run', async ({
  page,
  mlops
}) => {
  await mlops.open('broken', 'told');
  await mlops.openPanel();
  const bell = mlops.panel.getByRole('button', { name: /^Notifications/ });
  await mlops.openForm();
  await mlops.form.getByRole('textbox', { name: 'Job name' }).fill('told');
  await mlops.submit();

  await expect(
    page.locator('.Toastify__toast', { hasText: 'told failed' })
  ).toBeVisible();
  await expect(bell).toHaveAccessibleName(/unseen/);
  await mlops.picture('notification-toast');

  await bell.click();
  const inbox = mlops.panel.getByRole('region', { name: 'Notifications' });
  await expect(inbox.getByRole('listitem').first()).toContainText(
    'told failed'
  );
  await expect(bell).toHaveAccessibleName('Notifications');
  await mlops.picture('notifications');
  await inbox.getByRole('button', { name: /told failed/ }).click();
  await expect(mlops.row('runs', 'told').getByRole('region')).toContainText(
    'IndexError'
  );

  await expect(inbox).toBeHidden();
});
