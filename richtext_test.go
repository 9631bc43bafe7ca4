package clarify_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

func TestTextIsAParagraphForEachLine(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a line", "Hello", `[{"type":"paragraph","content":[{"type":"text","text":"Hello","styles":{}}]}]`},
		{"nothing", "", `[{"type":"paragraph","content":[]}]`},
		{"an empty line between", "a\n\nb", `[{"type":"paragraph","content":[{"type":"text","text":"a","styles":{}}]},{"type":"paragraph","content":[]},{"type":"paragraph","content":[{"type":"text","text":"b","styles":{}}]}]`},
		{"a line end at the end", "a\n", `[{"type":"paragraph","content":[{"type":"text","text":"a","styles":{}}]},{"type":"paragraph","content":[]}]`},
		{"line ends of other systems", "a\r\nb\rc", `[{"type":"paragraph","content":[{"type":"text","text":"a","styles":{}}]},{"type":"paragraph","content":[{"type":"text","text":"b","styles":{}}]},{"type":"paragraph","content":[{"type":"text","text":"c","styles":{}}]}]`},
		{"what looks like markup", "# <b>*x*</b>\t ", `[{"type":"paragraph","content":[{"type":"text","text":"# <b>*x*</b>\t ","styles":{}}]}]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := json.Marshal(clarify.Text(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			var a, b any
			if json.Unmarshal(got, &a) != nil {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if json.Unmarshal([]byte(tt.want), &b) != nil {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if !reflect.DeepEqual(a, b) {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestPlainTextIsALineForEachBlock(t *testing.T) {
	for _, tt := range []struct{ name, blocks, want string }{
		{"none", `[]`, ""},
		{"null", `null`, ""},
		{"a paragraph", `[{"type":"paragraph","content":[{"type":"text","text":"Hello","styles":{"bold":true}}]}]`, "Hello"},
		{"texts of several styles", `[{"id":"1","props":{"textColor":"red"},"type":"paragraph","content":[{"type":"text","text":"Hello, ","styles":{}},{"type":"text","text":"Ada","styles":{"bold":true}}],"children":[]}]`, "Hello, Ada"},
		{"empty paragraphs", `[{"type":"paragraph","content":[]},{"type":"paragraph"},{"type":"paragraph","content":[{"type":"text","text":"x"}]}]`, "\n\nx"},
		{"every type", `[{"type":"heading","props":{"level":1},"content":[{"type":"text","text":"Plan"}]},{"type":"bulletListItem","content":[{"type":"text","text":"call"}]},{"type":"numberedListItem","content":[{"type":"text","text":"write"}]},{"type":"checkListItem","props":{"checked":true},"content":[{"type":"text","text":"done"}]},{"type":"codeBlock","content":[{"type":"text","text":"a\nb"}]}]`, "Plan\ncall\nwrite\ndone\na\nb"},
		{"nested blocks", `[{"type":"bulletListItem","content":[{"type":"text","text":"a"}],"children":[{"type":"bulletListItem","content":[{"type":"text","text":"b"}],"children":[{"type":"paragraph","content":[{"type":"text","text":"c"}]}]},{"type":"bulletListItem","content":[{"type":"text","text":"d"}]}]},{"type":"paragraph","content":[{"type":"text","text":"e"}]}]`, "a\nb\nc\nd\ne"},
		{"a link", `[{"type":"paragraph","content":[{"type":"text","text":"see "},{"type":"link","href":"https://clarify.ai","content":[{"type":"text","text":"the "},{"type":"text","text":"page"}]},{"type":"text","text":"!"}]}]`, "see the page!"},
		{"a content that is a string", `[{"type":"paragraph","content":"Hello"}]`, "Hello"},
		{"a text beside the type", `[{"type":"text","text":"Hello"}]`, "Hello"},
		{"a table", `[{"type":"table","content":{"type":"tableContent","rows":[{"cells":[[{"type":"text","text":"a"}],[{"type":"text","text":"b"}]]},{"cells":[{"type":"tableCell","content":[{"type":"text","text":"c"}]},[]]}]}}]`, "a\tb\nc\t"},
		{"an image", `[{"type":"paragraph","content":"a"},{"type":"image","props":{"url":"https://x"}},{"type":"paragraph","content":"b"}]`, "a\n\nb"},
		{"an unknown block", `[{"type":"callout","content":[{"type":"mention","content":"@ada"},{"type":"status","text":" now"},{"type":"emoji","props":{}}],"children":[{"type":"x","content":"y"}]}]`, "@ada now\ny"},
		{"older blocks", `[{"type":"p","children":[{"text":"Hello, "},{"text":"Ada","bold":true}]},{"type":"h1","id":"1","children":[{"text":""}]},{"type":"p","children":[{"text":"x"}]}]`, "Hello, Ada\n\nx"},
		{"older blocks whose texts have a type", `[{"type":"paragraph","children":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`, "ab"},
		{"an older link", `[{"type":"p","children":[{"text":"see "},{"type":"a","url":"https://clarify.ai","children":[{"text":"the "},{"text":"page"}]},{"text":"!"}]}]`, "see the page!"},
		{"an older list", `[{"type":"ul","children":[{"type":"li","children":[{"type":"lic","children":[{"text":"a"}]}]},{"type":"li","children":[{"type":"lic","children":[{"text":"b"}]},{"type":"ol","children":[{"type":"li","children":[{"type":"lic","children":[{"text":"c"}]}]}]}]}]},{"type":"p","children":[{"text":"d"}]}]`, "a\nb\nc\nd"},
		{"an older image", `[{"type":"p","children":[{"text":"a"}]},{"type":"img","url":"https://x","children":[{"text":""}]},{"type":"p","children":[{"text":"b"}]}]`, "a\n\nb"},
		{"an image with blocks nested in it", `[{"type":"image","props":{"url":"https://x"},"children":[{"type":"paragraph","content":"b"}]}]`, "\nb"},
		{"blocks of both forms", `[{"type":"bulletListItem","content":[{"type":"text","text":"a"}],"children":[{"type":"p","children":[{"text":"b"}]}]}]`, "a\nb"},
		{"what is no block", `[null,1,true,[],"plain",{"type":"paragraph","content":[null,1,"x",{"text":1,"content":7}],"children":"no"}]`, "plain\nx"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var untyped []any
			if err := json.Unmarshal([]byte(tt.blocks), &untyped); err != nil {
				t.Fatal(err)
			}
			if got := clarify.PlainText(untyped); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			var typed []gen.RichTextBlock
			if json.Unmarshal([]byte(tt.blocks), &typed) != nil {
				return // only what is untyped can hold what is no block
			}
			if got := clarify.PlainText(typed); got != tt.want {
				t.Errorf("typed: %q, want %q", got, tt.want)
			}
			var maps []map[string]any
			if err := json.Unmarshal([]byte(tt.blocks), &maps); err != nil {
				t.Fatal(err)
			}
			if got := clarify.PlainText(maps); got != tt.want {
				t.Errorf("maps: %q, want %q", got, tt.want)
			}
		})
	}
}

// A caller may build blocks of gen's types, and name a type of a list.
func TestPlainTextTakesWhatWasBuiltInGo(t *testing.T) {
	type richText []gen.RichTextBlock
	nested := richText{{
		"type":     "bulletListItem",
		"content":  []map[string]any{{"type": "text", "text": "a"}},
		"children": []gen.RichTextBlock{{"type": "bulletListItem", "content": []gen.RichTextBlock{{"text": "b"}}}, nil},
	}}
	if got := clarify.PlainText(nested); got != "a\nb" {
		t.Errorf("%q", got)
	}
}

func TestTextBelongsToTheCaller(t *testing.T) {
	a, b := clarify.Text("x\ny"), clarify.Text("x\ny")
	a[0]["content"].([]any)[0].(map[string]any)["styles"].(map[string]any)["bold"] = true
	a[1]["type"] = "heading"
	if reflect.DeepEqual(a, b) {
		t.Error("two results have something in common")
	}
	if !reflect.DeepEqual(b, clarify.Text("x\ny")) {
		t.Error("two results have something in common")
	}
}

func TestTextFitsAComment(t *testing.T) {
	b, err := json.Marshal(gen.NewComment{Message: clarify.Text("Hello"), OwnerID: "d1", Entity: "deal"})
	if err != nil {
		t.Fatal(err)
	}
	var comment gen.NewComment
	if err := json.Unmarshal(b, &comment); err != nil || clarify.PlainText(comment.Message) != "Hello" {
		t.Errorf("%s, %v", b, err)
	}
}

func TestTextFitsATask(t *testing.T) {
	b, err := json.Marshal(clarify.Task{Description: clarify.Text("Call Ada\nand Grace")})
	if err != nil {
		t.Fatal(err)
	}
	var task clarify.Task
	if err := json.Unmarshal(b, &task); err != nil || clarify.PlainText(task.Description) != "Call Ada\nand Grace" {
		t.Errorf("%s, %v", b, err)
	}
}

func FuzzTextAndBack(f *testing.F) {
	for _, s := range []string{"", "\n", "a", "a\nb", "a\n\n", "\r\n\r", "\x00\xff", "ü\u2028\t ", "[{}]"} {
		f.Add(s)
	}
	lines := strings.NewReplacer("\r\n", "\n", "\r", "\n")
	f.Fuzz(func(t *testing.T, s string) {
		blocks := clarify.Text(s)
		if got, want := clarify.PlainText(blocks), lines.Replace(s); got != want {
			t.Fatalf("%q became %q", s, got)
		}
		// And the way that it takes to the API and back.
		b, err := json.Marshal(blocks)
		if err != nil {
			t.Fatal(err)
		}
		var decoded []gen.RichTextBlock
		if err := json.Unmarshal(b, &decoded); err != nil {
			t.Fatal(err)
		}
		if len(decoded) == 0 {
			t.Fatalf("%q became %s", s, b)
		}
		if clarify.PlainText(decoded) != lines.Replace(string([]rune(s))) {
			t.Fatalf("clarify.PlainText(decoded) is %v, want %v", clarify.PlainText(decoded), lines.Replace(string([]rune(s))))
		}
		for _, block := range decoded {
			content, ok := block["content"].([]any)
			if block["type"] != "paragraph" {
				t.Fatalf(`block["type"] is %v, want %v`, block["type"], "paragraph")
			}
			if !ok {
				t.Fatalf("%v", block)
			}
			if len(content) > 1 {
				t.Fatalf("%v", block)
			}
		}
	})
}

func FuzzPlainText(f *testing.F) {
	f.Add(`[{"type":"paragraph","content":[{"type":"text","text":"a"}],"children":[{"content":"b"}]}]`)
	f.Add(`[{"content":{"rows":[{"cells":[["a"],{"content":"b"}]}]}}]`)
	f.Add(`[null,[[]],{"children":{}}]`)
	f.Add(`[{"type":"p","children":[{"text":"a"},{"type":"a","children":[{"text":"b"}]}]},{"children":[{"children":[{"text":""}]}]}]`)
	f.Fuzz(func(t *testing.T, s string) {
		var blocks []any
		if json.Unmarshal([]byte(s), &blocks) != nil {
			return
		}
		if got := clarify.PlainText(blocks); len(got) > 3*len(s) {
			t.Fatalf("%q is too long for %q", got, s)
		}
	})
}
