import './panel.css';
import './rows.css';
import './detail.css';
import './live.css';
import './form.css';
import './notifications.css';
import './honesty.css';
import './badges.css';
