package clarify

import (
	"reflect"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/gen"
)

// Text returns rich text with a paragraph for each line of a string. Lines end with
// \n, \r\n or \r. The API rejects a plain string where it expects rich text, with 422.
//
//	clarify.Task{Description: clarify.Text("Call Ada\nand Grace")}
//	client.AddComment(ctx, deal, clarify.Text("They want a demo."))
//	clarify.Fields{"description": clarify.Fields{"text": clarify.Text("…")}} // the API's form
//
// Markup is not interpreted. The result is never empty, has the form of decoded JSON,
// and belongs to the caller.
func Text(s string) []gen.RichTextBlock {
	s = lineEnds.Replace(s)
	blocks := make([]gen.RichTextBlock, 0, strings.Count(s, "\n")+1)
	for line := range strings.SplitSeq(s, "\n") {
		content := []any{}
		if line != "" {
			content = append(content, map[string]any{"type": "text", "text": line, "styles": map[string]any{}})
		}
		blocks = append(blocks, gen.RichTextBlock{"type": "paragraph", "content": content})
	}
	return blocks
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// PlainText returns the text of rich text, without styles. It takes blocks as they come
// from the API: typed, or as the []any that they are in attributes that are a map.
//
//		clarify.PlainText(task.Description)
//		clarify.PlainText(attributes["notes"].([]any))
//
//	  - Each block begins a line, whatever its type. Nested blocks follow on lines of
//	    their own.
//	  - A link is its text. A row of a table is a line, with tabs between the cells.
//	  - Bullets, numbers and indentation are left out. A block without text, such as an
//	    image, is an empty line.
//	  - The older form of blocks, {type, children: [{text}]}, is read as well.
//
// PlainText(Text(s)) is s with \n for all line ends.
func PlainText[Blocks ~[]gen.RichTextBlock | ~[]map[string]any | ~[]any](blocks Blocks) string {
	var p plainText
	v := reflect.ValueOf(blocks)
	for i := range v.Len() {
		p.block(v.Index(i).Interface())
	}
	return p.String()
}

type plainText struct {
	strings.Builder
	begun bool // whether there is a line already
}

func (p *plainText) block(v any) {
	text, isText := v.(string)
	object, isObject := objectOf(v)
	if !isText && !isObject {
		return
	}
	children := listOf(object["children"])
	within := slices.ContainsFunc(children, isLeaf)
	if isText || within || !isContainer(object) {
		if p.begun {
			p.WriteByte('\n')
		}
		p.begun = true
	}
	p.WriteString(text)
	p.content(object)
	if within {
		p.inline(children)
		return
	}
	for _, child := range children {
		p.block(child)
	}
}

// isLeaf reports whether a child of a block is a piece of its text, as in the older
// form. Then its siblings are too, such as a link.
func isLeaf(child any) bool {
	object, _ := objectOf(child)
	_, hasText := object["text"].(string)
	kind, hasType := object["type"]
	return hasText && (!hasType || kind == "text")
}

// isContainer reports whether a block only holds other blocks, as a list does in the
// older form. Blocks of the present form have props.
func isContainer(block map[string]any) bool {
	for _, member := range []string{"content", "props", "rows", "text"} {
		if _, ok := block[member]; ok {
			return false
		}
	}
	return len(listOf(block["children"])) > 0
}

// inline writes what is within a line: text, links, and whatever else has text, content
// or children.
func (p *plainText) inline(v any) {
	if text, ok := v.(string); ok {
		p.WriteString(text)
		return
	}
	for _, element := range listOf(v) {
		p.inline(element)
	}
	if object, ok := objectOf(v); ok {
		p.content(object)
		p.inline(object["children"])
	}
}

// content writes what an object has besides its children.
func (p *plainText) content(object map[string]any) {
	if text, ok := object["text"].(string); ok {
		p.WriteString(text)
	}
	p.inline(object["content"])
	p.rows(listOf(object["rows"]))
}

func (p *plainText) rows(rows []any) {
	for i, row := range rows {
		if i > 0 {
			p.WriteByte('\n')
		}
		object, _ := objectOf(row)
		for j, cell := range listOf(object["cells"]) {
			if j > 0 {
				p.WriteByte('\t')
			}
			p.inline(cell)
		}
	}
}

// objectOf and listOf also accept values of gen's types that a caller built.

func objectOf(v any) (map[string]any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, v != nil
	case gen.RichTextBlock:
		return v, v != nil
	}
	return nil, false
}

func listOf(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case []gen.RichTextBlock:
		return anyOf(v)
	case []map[string]any:
		return anyOf(v)
	}
	return nil
}

func anyOf[T any](list []T) []any {
	all := make([]any, len(list))
	for i, element := range list {
		all[i] = element
	}
	return all
}
