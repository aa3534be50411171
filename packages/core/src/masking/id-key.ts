const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function isUuid(text: string): boolean {
  return text.length === 36 && text.charCodeAt(8) === 45 && text.charCodeAt(23) === 45 && uuidShape.test(text)
}

/** What is hashed for a resource: the UUID in lower case, else `Type/id`. */
export function idKey(type: string, id: string): string {
  return isUuid(id) ? id.toLowerCase() : `${type}/${id}`
}
