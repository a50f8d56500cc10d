import React from 'react';

/** A job's name; where it is a path, its folders give way first when room is short. */
export function JobName({ name }: { name: string }): JSX.Element {
  const cut = name.lastIndexOf('/') + 1;
  return (
    <span className="jp-Mlops-rowName jp-Mlops-jobName" title={name}>
      {cut > 0 && (
        <span className="jp-Mlops-folder">{name.slice(0, cut - 1)}</span>
      )}
      {cut > 0 && <span>/</span>}
      <span>{name.slice(cut)}</span>
    </span>
  );
}
