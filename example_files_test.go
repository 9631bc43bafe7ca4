package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
)

func ExampleClient_UploadAttachment() {
	ctx := context.Background()
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	file, err := os.Open("contract.pdf")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		log.Fatal(err)
	}
	uploaded, err := client.UploadAttachment(ctx, "deal", "id of the deal", "contract.pdf", file, info.Size())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(uploaded.ID)
}

func ExampleClient_DownloadAttachment() {
	ctx := context.Background()
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	files, err := client.ListRecordAttachmentsWithResponse(ctx, "deal", "id of the deal", nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, attachment := range files.JSON200.Data {
		// A name is what somebody typed, and no safe name for a file of ours.
		file, err := os.CreateTemp("", "attachment-*")
		if err != nil {
			log.Fatal(err)
		}
		_, err = client.DownloadAttachment(ctx, "deal", "id of the deal", attachment.ID, file)
		if err := errors.Join(err, file.Close()); err != nil {
			log.Fatal(err)
		}
		fmt.Println(attachment.Name, "is in", file.Name())
	}
}

func ExampleClient_UploadRecording() {
	ctx := context.Background()
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	file, err := os.Open("call.mp4")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		log.Fatal(err)
	}
	uploaded, err := client.UploadRecording(ctx, "id of the meeting", "video/mp4", file, info.Size(),
		clarify.OnProgress(func(done, total int64) { fmt.Printf("\r%d of %d bytes", done, total) }))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(uploaded.ID)
}

func ExampleClient_ExportList() {
	// For this example: an API with one list.
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		_, _ = io.WriteString(w, "Name,Email\nAda Lovelace,ada@analytical.example\n")
	}))
	defer api.Close()

	ctx := context.Background()
	client, err := clarify.New("acme", authn.APIKey("key"), clarify.WithBaseURL(api.URL))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.ExportList(ctx, "person", "id of the list", os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Name,Email
	// Ada Lovelace,ada@analytical.example
}

func ExampleExportSearch() {
	ctx := context.Background()
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.ExportList(ctx, "company", "id of the list", os.Stdout, clarify.ExportSearch("Berlin")); err != nil {
		log.Fatal(err)
	}
}

func ExampleStorageError() {
	ctx := context.Background()
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.DownloadAttachment(ctx, "deal", "id of the deal", "id of the file", os.Stdout)
	var failure *clarify.StorageError
	if errors.As(err, &failure) {
		fmt.Println("storage at", failure.Host, "responded with", failure.StatusCode, failure.Code)
	}
}

func ExampleText() {
	ctx := context.Background()
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	deal := clarify.Ref{Type: "deal", ID: "id of the deal"}
	if _, err := client.AddComment(ctx, deal, clarify.Text("They want a demo.\n\nOn Monday, if we can.")); err != nil {
		log.Fatal(err)
	}
}

func ExamplePlainText() {
	blocks := []gen.RichTextBlock{
		{"type": "heading", "content": []any{map[string]any{"type": "text", "text": "Next steps"}}},
		{"type": "bulletListItem", "content": []any{
			map[string]any{"type": "text", "text": "call "},
			map[string]any{"type": "text", "text": "Ada", "styles": map[string]any{"bold": true}},
		}},
	}
	fmt.Println(clarify.PlainText(blocks))
	// Output:
	// Next steps
	// call Ada
}
