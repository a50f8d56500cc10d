import React from 'react';
import { useModel, useTrans } from '../panel/hooks';
import { Notice } from '../panel/notice';
import type { Tracking } from './model';

/** Says why nothing seems to happen: the kernel answers when it has run what it runs. */
export function KernelIsBusy(props: {
  tracking: Tracking;
}): JSX.Element | null {
  const trans = useTrans();
  useModel(props.tracking);
  return props.tracking.isWaiting ? (
    <Notice tone="info">
      <p>
        {trans.__(
          'The kernel is busy with a cell: this is done when the cell has ended.'
        )}
      </p>
    </Notice>
  ) : null;
}
