package api

import (
	"net/http"
)

type recipientPage struct {
	pageDocument[recipientResource]
	Meta recipientMeta `json:"meta"`
}

type recipientMeta struct {
	pageMeta
	TotalUnfiltered      int     `json:"total_unfiltered"`
	CampaignEnabled      bool    `json:"campaign_enabled"`
	ListEvaluationStatus *string `json:"list_evaluation_status"`
	ListMemberCount      *int    `json:"list_member_count"`
}

// getRecipients: GET /campaigns/{campaignId}/recipients
func getRecipients(c *Call) (Response, error) {
	filter, err := c.choices("filter")
	if err != nil {
		return Response{}, err
	}
	var all []recipientResource
	var meta recipientMeta
	s := c.State
	err = s.Read(func() error {
		w, err := s.campaign(c.Request.PathValue("campaignId"))
		if err != nil {
			return err
		}
		meta.CampaignEnabled, _ = w.attributes["enabled"].(bool)
		if l, ok := s.campaignList(w); ok {
			query, queried := l.query()
			count := len(c.rows(c.schemas.Find(l.Entity), l, query, queried))
			meta.ListEvaluationStatus, meta.ListMemberCount = &l.ListEvaluationStatus, &count
		}
		recipients := s.recipients.Where(func(r recipient) bool { return r.campaign == w.id })
		meta.TotalUnfiltered = len(recipients)
		for _, r := range recipients {
			if one := s.recipient(r); one.Attributes.selected(filter, meta.CampaignEnabled) {
				all = append(all, one)
			}
		}
		return nil
	})
	if err != nil {
		return Response{}, err
	}
	page, err := pageOf(c, all, recipientResource.column)
	meta.pageMeta = page.Meta
	return Response{http.StatusOK, recipientPage{page, meta}}, err
}
