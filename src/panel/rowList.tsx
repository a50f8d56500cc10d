import React from 'react';

const ROW = '.jp-Mlops-row';

/**
 * A list of rows that takes one stop of the Tab key: arrows, Home and End move between its rows.
 *
 * Every child holds one button of class `jp-Mlops-row`.
 */
export function RowList(props: {
  label: string;
  children: React.ReactNode;
}): JSX.Element {
  const list = React.useRef<HTMLUListElement>(null);

  React.useLayoutEffect(() => {
    const rows = rowsOf(list.current);
    if (!rows.some(row => row.tabIndex === 0 && row.dataset.roving)) {
      rows.forEach((row, index) => makeStop(row, index === 0));
    } else {
      rows.forEach(row => row.dataset.roving ?? makeStop(row, false));
    }
  });

  const onKeyDown = (event: React.KeyboardEvent) => {
    const rows = rowsOf(list.current);
    const index = rows.indexOf(document.activeElement as HTMLElement);
    const target = rows[nextIndex(event.key, index, rows.length)];
    if (index >= 0 && target) {
      event.preventDefault();
      target.focus();
    }
  };

  const onFocus = (event: React.FocusEvent) => {
    const rows = rowsOf(list.current);
    const focused = event.target as HTMLElement;
    if (rows.includes(focused)) {
      rows.forEach(row => makeStop(row, row === focused));
    }
  };

  return (
    <ul
      ref={list}
      role="list"
      className="jp-Mlops-list"
      aria-label={props.label}
      onKeyDown={onKeyDown}
      onFocus={onFocus}
    >
      {props.children}
    </ul>
  );
}

function rowsOf(list: HTMLElement | null): HTMLElement[] {
  return Array.from(list?.querySelectorAll<HTMLElement>(ROW) ?? []);
}

function makeStop(row: HTMLElement, isStop: boolean): void {
  row.dataset.roving = 'true';
  row.tabIndex = isStop ? 0 : -1;
}

/** The index that a key leads to, or -1 for a key that moves nothing. */
function nextIndex(key: string, index: number, length: number): number {
  switch (key) {
    case 'ArrowDown':
      return index + 1;
    case 'ArrowUp':
      return index - 1;
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    default:
      return -1;
  }
}
