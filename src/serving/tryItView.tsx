import React from 'react';
import { asProblem } from '../api/problem';
import type {
  ModelVersionPage,
  PredictionRequest,
  Predictions,
  Problem,
  Serving
} from '../api/types';
import { formatDuration, formatJson } from '../format';
import { useTrans } from '../panel/hooks';
import { ProblemNotice } from '../panel/notice';
import type { ModelPageModel } from '../modelpage/model';
import { Field } from '../runjob/field';
import { ColumnField } from './columnField';
import { asRow, columnProblem, columnsOf, exampleBody } from './signature';

/** A row to be typed, or left as the input example has it, and what the served model makes of it. */
export function TryItView(props: {
  model: ModelPageModel;
  serving: Serving;
}): JSX.Element | null {
  const { model, serving } = props;
  const version = model.detail.value;
  return version?.version === serving.version ? (
    <TryIt {...props} version={version} />
  ) : null;
}

function TryIt(props: {
  model: ModelPageModel;
  serving: Serving;
  version: ModelVersionPage;
}): JSX.Element {
  const { model, serving, version } = props;
  const trans = useTrans();
  const columns = React.useMemo(() => columnsOf(version), [version]);
  const [texts, setTexts] = React.useState<Record<string, string>>({});
  const [body, setBody] = React.useState(() => exampleBody(version));
  const [answer, setAnswer] = React.useState<Predictions | null>(null);
  const [problem, setProblem] = React.useState<Problem | null>(null);
  const [isAsking, setIsAsking] = React.useState(false);
  const textOf = (column: { name: string; example: string }) =>
    texts[column.name] ?? column.example;
  const request = (): PredictionRequest =>
    columns.length > 0 ? asRow(columns, textOf) : JSON.parse(body);
  const isValid =
    columns.length > 0
      ? columns.every(column => columnProblem(column, textOf(column)) === null)
      : isJson(body);

  const ask = async (event: React.FormEvent) => {
    event.preventDefault();
    setIsAsking(true);
    setProblem(null);
    try {
      setAnswer(await model.serving.predict(serving, request()));
    } catch (error) {
      setAnswer(null);
      setProblem(asProblem(error));
    } finally {
      setIsAsking(false);
    }
  };

  return (
    <section aria-label={trans.__('Try it')}>
      <h2>{trans.__('Try it')}</h2>
      <form
        className="jp-Mlops-form jp-Mlops-tryIt"
        noValidate
        onSubmit={event => void ask(event)}
      >
        {columns.length > 0 ? (
          <div className="jp-Mlops-columns">
            {columns.map(column => (
              <ColumnField
                key={column.name}
                column={column}
                text={textOf(column)}
                onText={text => setTexts({ ...texts, [column.name]: text })}
              />
            ))}
          </div>
        ) : (
          <Field
            label={trans.__('Input')}
            help={trans.__(
              'As MLflow’s scoring server takes it: dataframe_split, instances or inputs.'
            )}
            problem={isJson(body) ? null : trans.__('This is not JSON.')}
          >
            {described => (
              <textarea
                {...described}
                rows={8}
                spellCheck={false}
                value={body}
                onChange={event => setBody(event.target.value)}
              />
            )}
          </Field>
        )}
        <div className="jp-Mlops-actions">
          <button
            type="submit"
            className="jp-Mlops-textButton"
            disabled={!isValid || isAsking}
          >
            {isAsking ? trans.__('Asking…') : trans.__('Predict')}
          </button>
        </div>
      </form>
      <div aria-live="polite">
        {problem && <ProblemNotice problem={problem} />}
        {answer && <Answer answer={answer} />}
      </div>
    </section>
  );
}

function Answer({ answer }: { answer: Predictions }): JSX.Element {
  const trans = useTrans();
  const { predictions } = answer;
  const isOne = Array.isArray(predictions) && predictions.length === 1;
  return (
    <figure className="jp-Mlops-answer">
      <figcaption>
        {trans.__('Prediction, in %1', formatDuration(answer.duration_s))}
      </figcaption>
      <pre>{formatJson(isOne ? predictions[0] : predictions)}</pre>
    </figure>
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
