import React from 'react';
import { formatMoment, formatRelative } from '../format';

/** How long ago a moment was, with the moment itself as the tooltip. */
export function Ago({ moment }: { moment: string }): JSX.Element {
  return (
    <time dateTime={moment} title={formatMoment(moment)}>
      {formatRelative(moment)}
    </time>
  );
}
