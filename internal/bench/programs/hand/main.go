// Command hand reads a person with net/http and encoding/json. Its size is what
// the others are compared with.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
)

func main() {
	req, err := http.NewRequest(http.MethodGet, "https://api.clarify.ai/v1/workspaces/acme/objects/person/resources/"+url.PathEscape(os.Args[1]), nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "api-key "+os.Getenv("CLARIFY_API_KEY"))
	rsp, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer rsp.Body.Close()
	var document struct {
		Data struct {
			ID         string `json:"id"`
			Attributes struct {
				JobTitle string `json:"job_title"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if err := json.NewDecoder(rsp.Body).Decode(&document); err != nil {
		log.Fatal(err)
	}
	fmt.Println(document.Data.ID, document.Data.Attributes.JobTitle)
}
