import type { HttpClient } from '../../ports/http.ts';
import { failureOf } from '../kit/classify.ts';

/** HMRC's exchange rates of a month (`YYYY-MM`) as the XML file it publishes. @throws IntegrationError; `gone`: not published */
export async function fetchMonthlyRates(http: HttpClient, month: string): Promise<string> {
  const [year, number] = month.split('-').map(Number);
  const name = `monthly_xml_${year}-${number}.xml`;
  const url = `https://www.trade-tariff.service.gov.uk/api/v2/exchange_rates/files/${name}`;
  const reply = await http.send({ method: 'GET', url });
  if (reply.status !== 200) throw failureOf(reply);
  return reply.text;
}
