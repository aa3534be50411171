export function Logo({ size = 22 }: { size?: number }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden className="icon">
      <rect width="24" height="24" rx="6.5" fill="var(--accent)" />
      <g fill="none" stroke="var(--on-accent)" strokeWidth="1.9" strokeLinecap="round">
        <path d="M5 8.2c2.3-2 4.6-2 7 0s4.7 2 7 0" opacity=".5" />
        <path d="M5 12.7c2.3-2 4.6-2 7 0s4.7 2 7 0" opacity=".75" />
        <path d="M5 17.2c2.3-2 4.6-2 7 0s4.7 2 7 0" />
      </g>
    </svg>
  )
}
