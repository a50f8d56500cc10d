import React from 'react';

/** A table that may be wider than its place: by the keyboard, too, it can be scrolled. */
export function TableFrame(props: {
  label: string;
  className?: string;
  children: React.ReactNode;
}): JSX.Element {
  const { label, className = '', children } = props;
  return (
    <div
      className="jp-Mlops-tableFrame"
      role="group"
      aria-label={label}
      tabIndex={0}
    >
      <table className={`jp-Mlops-table ${className}`}>{children}</table>
    </div>
  );
}
