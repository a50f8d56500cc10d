import React from 'react';
import type { ModelVersion } from '../api/types';
import { formatMetric } from '../format';
import { useTrans } from '../panel/hooks';
import { type IPoint, metricNames, pointsOf, ticksFor } from './metrics';

/** How many charts are shown before one asks for all. */
const SHOWN = 4;

const WIDTH = 260;
const HEIGHT = 140;
const LEFT = 44;
const RIGHT = 14;
const TOP = 14;
const BOTTOM = 24;

/** Each metric over the versions. The table below has the same numbers for who cannot see them. */
export function MetricsCharts(props: {
  versions: readonly ModelVersion[];
  onSelect: (version: string) => void;
}): JSX.Element | null {
  const trans = useTrans();
  const [isWhole, setIsWhole] = React.useState(false);
  const names = metricNames(props.versions);
  const shown = isWhole ? names : names.slice(0, SHOWN);
  if (names.length === 0) {
    return null;
  }
  return (
    <section aria-label={trans.__('Metrics over versions')}>
      <div className="jp-Mlops-charts">
        {shown.map(name => (
          <Chart
            key={name}
            name={name}
            points={pointsOf(props.versions, name)}
            onSelect={props.onSelect}
          />
        ))}
      </div>
      {names.length > SHOWN && (
        <button
          type="button"
          className="jp-Mlops-textButton"
          aria-expanded={isWhole}
          onClick={() => setIsWhole(!isWhole)}
        >
          {isWhole
            ? trans.__('Fewer metrics')
            : trans.__('All %1 metrics', names.length)}
        </button>
      )}
    </section>
  );
}

function Chart(props: {
  name: string;
  points: readonly IPoint[];
  onSelect: (version: string) => void;
}): JSX.Element {
  const { name, points } = props;
  const trans = useTrans();
  const ticks = ticksFor(points.map(({ value }) => value));
  const [low, high] = [ticks[0], ticks[ticks.length - 1]];
  const x = (index: number) =>
    points.length === 1
      ? (LEFT + WIDTH - RIGHT) / 2
      : LEFT + (index * (WIDTH - LEFT - RIGHT)) / (points.length - 1);
  const y = (value: number) =>
    HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const last = points[points.length - 1];
  return (
    <figure className="jp-Mlops-chart">
      <figcaption>{name}</figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="group"
        aria-label={trans.__(
          '%1 over versions: %2 in version %3',
          name,
          formatMetric(last.value),
          last.version
        )}
      >
        {ticks.map(tick => (
          <g key={tick} className="jp-Mlops-tick" aria-hidden>
            <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} />
            <text x={LEFT - 9} y={y(tick)} dy="0.32em" textAnchor="end">
              {formatMetric(tick)}
            </text>
          </g>
        ))}
        <polyline
          points={points.map(({ value }, i) => `${x(i)},${y(value)}`).join(' ')}
        />
        {points.map((point, index) => (
          <Dot
            key={point.version}
            point={point}
            metric={name}
            x={x(index)}
            y={y(point.value)}
            isNamed={isNamed(index, points.length)}
            onSelect={props.onSelect}
          />
        ))}
      </svg>
    </figure>
  );
}

/** Where versions are many, some of their numbers stand for all. */
function isNamed(index: number, count: number): boolean {
  const every = Math.ceil(count / 8);
  return (count - 1 - index) % every === 0;
}

function Dot(props: {
  point: IPoint;
  metric: string;
  x: number;
  y: number;
  isNamed: boolean;
  onSelect: (version: string) => void;
}): JSX.Element {
  const { point, x, y, onSelect } = props;
  const trans = useTrans();
  const { version, aliases } = point;
  const label = trans.__(
    'Version %1: %2 %3',
    [version, ...aliases].join(', '),
    props.metric,
    formatMetric(point.value)
  );
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onSelect(version);
    }
  };
  return (
    <>
      <circle
        className="jp-Mlops-point"
        role="button"
        tabIndex={0}
        aria-label={label}
        data-alias={aliases.includes('champion') ? 'champion' : undefined}
        cx={x}
        cy={y}
        r={aliases.length > 0 ? 5 : 3.5}
        onClick={() => onSelect(version)}
        onKeyDown={onKeyDown}
      >
        <title>{label}</title>
      </circle>
      {props.isNamed && (
        <text
          className="jp-Mlops-axisName"
          x={x}
          y={HEIGHT - 6}
          textAnchor="middle"
          aria-hidden
        >
          {version}
        </text>
      )}
    </>
  );
}
