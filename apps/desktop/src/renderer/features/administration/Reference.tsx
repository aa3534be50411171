/** A reference as an id may be long: the type in full, the id as far as there is room, the whole of it on asking. */
export function Reference({ of: text, quiet = false }: { of: string; quiet?: boolean }) {
  return (
    <span className={quiet ? 'mono reference ink-3' : 'mono reference'} title={text}>
      {text}
    </span>
  )
}
