package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/bench/ogenapi"
)

const key = "cl_key_of_nobody"

// byHand is a client as one writes it who needs no more than this.
type byHand struct {
	http *http.Client
	base string // of the workspace
}

// handRecord is a record for encoding/json.
type handRecord struct {
	Type          string                      `json:"type"`
	ID            string                      `json:"id"`
	Attributes    Person                      `json:"attributes"`
	Relationships map[string]handRelationship `json:"relationships"`
}

type handRelationship struct {
	Data json.RawMessage `json:"data"`
}

type handPage struct {
	Data  []handRecord `json:"data"`
	Links struct {
		Next *string `json:"next"`
	} `json:"links"`
	Meta struct {
		TotalRecords int `json:"total_records"`
	} `json:"meta"`
}

// read sends a GET and decodes the response into v.
func (c *byHand) read(ctx context.Context, address string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "api-key "+key)
	rsp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer rsp.Body.Close()
	if rsp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(rsp.Body, 64<<10))
		return fmt.Errorf("GET %s: %s: %s", req.URL.Path, rsp.Status, body)
	}
	return json.NewDecoder(rsp.Body).Decode(v)
}

func (c *byHand) get(ctx context.Context, id string) (*handRecord, error) {
	var document struct {
		Data handRecord `json:"data"`
	}
	if err := c.read(ctx, c.base+"/objects/person/resources/"+url.PathEscape(id), &document); err != nil {
		return nil, err
	}
	return &document.Data, nil
}

func (c *byHand) page(ctx context.Context) ([]handRecord, error) {
	var page handPage
	err := c.read(ctx, c.base+"/objects/person/resources", &page)
	return page.Data, err
}

// export follows links.next and calls use for each record.
func (c *byHand) export(ctx context.Context, use func(*handRecord)) error {
	address := c.base + "/objects/person/resources?page%5Blimit%5D=500"
	for {
		var page handPage
		if err := c.read(ctx, address, &page); err != nil {
			return err
		}
		for i := range page.Data {
			use(&page.Data[i])
		}
		if page.Links.Next == nil {
			return nil
		}
		address = *page.Links.Next
	}
}

// peers are the clients of one workspace, all with the same transport.
type peers struct {
	hand *byHand
	ours *clarify.Client
	gen  *gen.ClientWithResponses
	ogen *ogenapi.Client
}

func newPeers(base, workspace string, transport http.RoundTripper) (*peers, error) {
	address := base + "/workspaces/" + workspace
	// Each may set in its own what it wants to.
	hc := func() *http.Client { return &http.Client{Transport: transport} }
	ours, err := clarify.New(workspace, authn.APIKey(key), clarify.WithBaseURL(base), clarify.WithHTTPClient(hc()))
	if err != nil {
		return nil, err
	}
	generated, err := gen.NewClientWithResponses(address, gen.WithHTTPClient(hc()), gen.WithRequestEditorFn(authn.APIKey(key)))
	if err != nil {
		return nil, err
	}
	ogen, err := ogenapi.NewClient(address, ogenKey{}, ogenapi.WithClient(hc()))
	if err != nil {
		return nil, err
	}
	return &peers{&byHand{hc(), address}, ours, generated, ogen}, nil
}

type ogenKey struct{}

func (ogenKey) ApiKey(context.Context, ogenapi.OperationName) (ogenapi.ApiKey, error) {
	return ogenapi.ApiKey{APIKey: "api-key " + key}, nil
}

// The reads of one page.

func pageOurs[T any](p *peers) func(context.Context) ([]clarify.Record[T], error) {
	people := clarify.NewRecords[T](p.ours, "person")
	return func(ctx context.Context) ([]clarify.Record[T], error) {
		for page, err := range people.Pages(ctx, clarify.Limit(PageSize)) {
			if err != nil {
				return nil, err
			}
			return page.Records, nil
		}
		return nil, io.ErrUnexpectedEOF
	}
}

func (p *peers) pageGen(ctx context.Context) ([]gen.Resource, error) {
	rsp, err := p.gen.GetResourcesWithResponse(ctx, "person", nil)
	if err != nil {
		return nil, err
	}
	if rsp.JSON200 == nil {
		return nil, fmt.Errorf("%s: %s", rsp.Status(), rsp.Body)
	}
	return rsp.JSON200.Data, nil
}

func (p *peers) pageOgen(ctx context.Context) ([]ogenapi.Resource, error) {
	page, err := p.ogen.GetResources(ctx, ogenapi.GetResourcesParams{Object: "person"})
	if err != nil {
		return nil, err
	}
	return page.Response.Data, nil
}
