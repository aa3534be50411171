import { phiTable } from './phi-classes.generated.js'

function decode(): Record<string, string> {
  const classes: Record<string, string> = {}
  let path = ''
  for (const line of phiTable.slice(1, -1).split('\n')) {
    const [shared = '', rest = '', phiClass = ''] = splitThree(line)
    path = path.slice(0, Number(shared)) + rest
    classes[path] = phiClass
  }
  return classes
}

// The path between the first and the last blank may hold blanks itself ('*.<unknown property>').
function splitThree(line: string): string[] {
  const first = line.indexOf(' ')
  const last = line.lastIndexOf(' ')
  return [line.slice(0, first), line.slice(first + 1, last), line.slice(last + 1)]
}

/** PHI class of every DSTU2 path that can hold PHI ('Patient.birthDate' → 'BIRTH_DATE'); a path that is not here holds none by definition. */
export const phiClasses: Readonly<Record<string, string>> = decode()
