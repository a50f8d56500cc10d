import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { deleteIcon, refreshIcon, stopIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { asSentence } from '../api/problem';
import type { Run } from '../api/types';
import { attempt } from '../panel/attempt';
import { useTrans } from '../panel/hooks';
import { IconButton, TextButton } from '../panel/iconButton';
import { isUnderWay, type RunsModel } from './model';
import type { BulkAction } from './selection';

/** What can be done with the marked runs at once; nothing while none can be marked. */
export function SelectionBar({
  model
}: {
  model: RunsModel;
}): JSX.Element | null {
  const { selection, list } = model;
  const trans = useTrans();
  if (!selection.isOn) {
    return null;
  }
  const marked = selection.of(list.items);
  const underWay = marked.filter(isUnderWay);
  const ended = marked.filter(run => !isUnderWay(run));

  const apply = (action: BulkAction, runs: readonly Run[]) =>
    attempt(async () => {
      const { problems } = await model.applyToMarked(action, runs);
      if (problems.length > 0) {
        const sentence = asSentence(problems[0]);
        Notification.warning(
          trans._n(
            'One of the runs was refused: %2',
            '%1 of the runs were refused. The first: %2',
            problems.length,
            sentence
          ),
          { autoClose: 8000 }
        );
      }
    });

  const confirmDelete = async () => {
    const { button } = await showDialog({
      title: trans._n('Delete %1 run?', 'Delete %1 runs?', ended.length),
      body: trans.__(
        'Their executed notebooks go with them. What their cells recorded stays.'
      ),
      buttons: [
        Dialog.cancelButton(),
        Dialog.warnButton({ label: trans.__('Delete') })
      ]
    });
    if (button.accept) {
      await apply('delete', ended);
    }
  };

  return (
    <div
      className="jp-Mlops-selection"
      role="toolbar"
      aria-label={trans.__('Marked runs')}
      onKeyDown={({ key }) => key === 'Escape' && (selection.isOn = false)}
    >
      <label>
        <input
          type="checkbox"
          checked={marked.length > 0 && marked.length === list.items.length}
          ref={box => {
            if (box) {
              box.indeterminate =
                marked.length > 0 && marked.length < list.items.length;
            }
          }}
          onChange={({ target }) => selection.set(list.items, target.checked)}
        />
        <span role="status">
          {marked.length === 0
            ? trans.__('Mark all')
            : trans.__('%1 marked', marked.length)}
        </span>
      </label>
      <IconButton
        icon={stopIcon}
        label={trans._n('Cancel %1 run', 'Cancel %1 runs', underWay.length)}
        disabled={underWay.length === 0}
        onClick={() => void apply('cancel', underWay)}
      />
      <IconButton
        icon={refreshIcon}
        label={trans._n('Repeat %1 run', 'Repeat %1 runs', ended.length)}
        disabled={ended.length === 0}
        onClick={() => void apply('rerun', ended)}
      />
      <IconButton
        icon={deleteIcon}
        label={trans._n('Delete %1 run', 'Delete %1 runs', ended.length)}
        disabled={ended.length === 0}
        onClick={() => void confirmDelete()}
      />
      <TextButton
        label={trans.__('Done')}
        onClick={() => (selection.isOn = false)}
      />
    </div>
  );
}
