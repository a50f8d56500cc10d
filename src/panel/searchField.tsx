import React from 'react';

/** From so many rows on, a list has a field to search it. */
const MANY = 8;
/** How long typing must rest before the server is asked, in milliseconds. */
const REST = 250;

/** What a list that can be searched tells and takes. */
export interface ISearched {
  readonly list: { items: readonly unknown[]; hasMore: boolean };
  /** What is searched for; empty when everything is shown. */
  readonly search: string;
  setSearch(text: string): Promise<void>;
}

/** A field that searches a list; a list that is short has none until it has been long. */
export function SearchField(props: {
  model: ISearched;
  label: string;
}): JSX.Element | null {
  const { model } = props;
  const { search } = model;
  const [text, setText] = React.useState(search);
  const isOffered = React.useRef(false);
  React.useEffect(() => setText(search), [search]);
  React.useEffect(() => {
    if (text === search) {
      return;
    }
    const timer = setTimeout(() => void model.setSearch(text), REST);
    return () => clearTimeout(timer);
  }, [model, text, search]);

  const { items, hasMore } = model.list;
  isOffered.current ||= items.length >= MANY || hasMore || search !== '';
  if (!isOffered.current) {
    return null;
  }
  return (
    <input
      type="search"
      className="jp-Mlops-search"
      aria-label={props.label}
      placeholder={props.label}
      maxLength={200}
      value={text}
      onChange={event => setText(event.target.value)}
    />
  );
}
