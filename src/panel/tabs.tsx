import React from 'react';

export interface ITab<Id extends string> {
  id: Id;
  label: string;
}

/** Tabs that take one stop of the Tab key; arrows, Home and End move between them. */
export function Tabs<Id extends string>(props: {
  label: string;
  tabs: readonly ITab<Id>[];
  current: Id;
  onSelect: (id: Id) => void;
  children: React.ReactNode;
}): JSX.Element {
  const { tabs, current, onSelect } = props;
  const base = React.useId();
  const list = React.useRef<HTMLDivElement>(null);

  const onKeyDown = (event: React.KeyboardEvent) => {
    const index = tabs.findIndex(({ id }) => id === current);
    const next = tabs[nextIndex(event.key, index, tabs.length)];
    if (next) {
      event.preventDefault();
      onSelect(next.id);
      list.current
        ?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)
        ?.focus();
    }
  };

  return (
    <>
      <div
        ref={list}
        className="jp-Mlops-tabs"
        role="tablist"
        aria-label={props.label}
        onKeyDown={onKeyDown}
      >
        {tabs.map(({ id, label }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`${base}-${id}`}
            data-tab={id}
            aria-selected={id === current}
            aria-controls={`${base}-panel`}
            tabIndex={id === current ? 0 : -1}
            onClick={() => onSelect(id)}
          >
            {label}
          </button>
        ))}
      </div>
      <div
        className="jp-Mlops-tabPanel"
        role="tabpanel"
        id={`${base}-panel`}
        aria-labelledby={`${base}-${current}`}
        tabIndex={0}
      >
        {props.children}
      </div>
    </>
  );
}

function nextIndex(key: string, index: number, length: number): number {
  switch (key) {
    case 'ArrowRight':
      return (index + 1) % length;
    case 'ArrowLeft':
      return (index - 1 + length) % length;
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    default:
      return -1;
  }
}
