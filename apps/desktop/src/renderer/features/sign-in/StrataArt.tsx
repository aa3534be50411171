import { Droplet, Eye } from 'lucide-react'
import { Icon } from '../../ui/Icon.js'

const width = 760
const height = 900
const surfaceAt = 336
// From here on words stand on the ground: no line strikes through them.
const claimAt = 700

/** A line of the ground: three slow waves whose phase moves with depth, so that neighbours follow but never repeat each other. */
function stratum(depth: number): string {
  const points: string[] = []
  for (let x = -20; x <= width + 20; x += 20) {
    const t = x / width
    const y =
      depth +
      17 * Math.sin(t * 5.2 + depth * 0.0105) * (0.5 + 0.5 * Math.cos(depth * 0.003)) +
      9 * Math.sin(t * 8.4 - depth * 0.017) +
      4 * Math.cos(t * 2.1 + depth * 0.008)
    points.push(`${x} ${y.toFixed(1)}`)
  }
  return `M${points.join('L')}`
}

const closed = (line: string) => `${line}L${width + 20} ${height + 20}L-20 ${height + 20}Z`

const above = [40, 110, 172, 224, 276]
const below = [392, 452, 514, 578, 644, 712, 780, 846]
const identified = [
  [236, 183, 5],
  [449, 129, 5],
  [648, 173, 5],
  [348, 237, 3.6],
  [526, 248, 3.6],
  [740, 258, 3.6],
  [139, 322, 3.6],
] as const
const masked = [
  [312, 482],
  [127, 547],
  [596, 547],
  [497, 612],
  [220, 676],
  [769, 676],
  [405, 742],
  [682, 806],
  [278, 871],
  [543, 871],
] as const

/** People above the line, behind consent; what may be analysed below it. The picture of the whole product, drawn and not loaded. */
export function StrataArt() {
  return (
    <section className="strata" aria-label="Identified data stays behind consent; masked data is open to analysis.">
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="xMidYMid slice" aria-hidden>
        {above.map((depth, at) => (
          <path key={depth} d={stratum(depth)} className="strata-above" style={{ opacity: 0.35 + at * 0.13 }} />
        ))}
        {below.map((depth) => (
          <path key={depth} d={closed(stratum(depth))} className="strata-fill" />
        ))}
        {below
          .filter((depth) => depth < claimAt)
          .map((depth) => (
            <path key={depth} d={stratum(depth)} className="strata-line" />
          ))}
        <path d={stratum(surfaceAt)} className="strata-surface" />
        {identified.map(([x, y, r]) => (
          <circle key={`${x} ${y}`} cx={x} cy={y} r={r} className="strata-person" />
        ))}
        {masked.map(([x, y]) => (
          <circle key={`${x} ${y}`} cx={x} cy={y} r={4.5} className="strata-masked" />
        ))}
      </svg>
      <p className="strata-caption zone-open" style={{ top: '5%' }}>
        <Icon of={Eye} />
        Identified, behind consent
      </p>
      <p className="strata-caption zone-deep" style={{ top: '45.4%' }}>
        <Icon of={Droplet} />
        Masked, open to analysis
      </p>
      <p className="strata-claim">
        Every number here
        <br />
        leads back to a consent.
      </p>
    </section>
  )
}
