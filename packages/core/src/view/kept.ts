/** What was made for a text is kept for the next time, of at most `most` texts: a study's views say the same paths and types over and over. */
export function kept<Made>(most: number, make: (text: string) => Made): (text: string) => Made {
  const found = new Map<string, Made>()
  return (text) => {
    const known = found.get(text)
    if (known !== undefined) return known
    const made = make(text)
    if (found.size >= most) found.clear()
    found.set(text, made)
    return made
  }
}
