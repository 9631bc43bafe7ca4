package typegen

// commonFile is the name of the file that is about all objects.
const commonFile = "objects.gen.go"

// common returns the file that is about all objects.
func (m *model) common(packageName string) *source {
	s := newSource(commonFile)
	s.doc("Objects are the names of the objects, sorted.")
	s.printf("var Objects = []string{\n")
	for _, o := range m.objects {
		s.printf("\t%s,\n", o.objectName)
	}
	s.printf("}\n")
	for _, name := range sortedKeys(m.foreign) {
		o := m.foreign[name]
		s.printf("\n")
		s.doc(o.idName + " is the id of a record of " + quoted(o.name) + ", which the schema does not have.")
		s.printf("type %s string\n", o.idName)
	}
	return s
}
