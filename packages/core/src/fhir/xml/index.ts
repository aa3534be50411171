// DSTU2 XML both ways, by the model's facts. Never resolves anything a document refers to, and puts no value into a message.
export { beginXml, readXml } from './read-xml.js'
export type { ReadXml, UnreadXml, XmlProblem } from './read-xml.js'
export { writeXml } from './write-xml.js'
